//! FHIRPath: parsed once, evaluated over FHIR trees.

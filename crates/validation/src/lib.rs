//! A resource against the FHIR definitions: structure, types, bindings, references, invariants.

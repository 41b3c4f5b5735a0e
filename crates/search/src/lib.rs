//! FHIR search: parameters as data, queries from URLs, index rows from resources, matching in memory.

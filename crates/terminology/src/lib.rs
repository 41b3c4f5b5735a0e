//! Code systems, value sets and maps: look up, expand, validate, translate.

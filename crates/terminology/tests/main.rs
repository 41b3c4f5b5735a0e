//! The tests of the crate as others use it.

#[path = "main/built_in.rs"]
mod built_in;
#[path = "main/coverage.rs"]
mod coverage;
#[path = "main/ecosystem.rs"]
mod ecosystem;
#[path = "main/file_format.rs"]
mod file_format;
#[path = "main/loaders.rs"]
mod loaders;
#[path = "main/own_resources.rs"]
mod own_resources;
#[path = "main/shared.rs"]
mod shared;

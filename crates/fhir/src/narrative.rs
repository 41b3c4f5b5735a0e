//! The XHTML that a narrative may hold (R4 narrative §2.4): well-formed, formatting only, nothing that acts.

mod allowed;
mod scanner;

pub use scanner::{Content, Fault, FaultSort, Part, scan, scan_parts};

#[cfg(test)]
mod tests;

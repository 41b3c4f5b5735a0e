//! The command line.

use clap::Parser;
use std::path::PathBuf;

/// Ask a FHIR server what US Core, SMART App Launch and Bulk Data require: Inferno-derived checks, not Inferno.
#[derive(Parser, Debug)]
#[command(name = "cargo xtask conformance")]
pub struct Arguments {
    /// The base URL of a server that runs already, such as http://127.0.0.1:8090/fhir. Without it Chiron is started on a
    /// new folder with published examples in it
    #[arg(long, value_name = "URL")]
    pub base: Option<String>,
    /// The bearer token to send to that server
    #[arg(long, requires = "base")]
    pub token: Option<String>,
    /// Patients whose records are asked for; the first 100 when absent
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub patients: Vec<String>,
    /// Only these: versions of US Core such as 6.1.0, and the lists smart2.2.0 and bulk2.0.0
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    pub versions: Vec<String>,
    /// Only groups whose name has one of these in it; counts are then not compared
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub groups: Vec<String>,
    /// Write the counts of this run to conformance/expected, instead of comparing with them
    #[arg(long)]
    pub write: bool,
    /// Also list what lacks data and what is not asked
    #[arg(long)]
    pub all: bool,
    /// The folder of reference data; else CHIRON_SHARED, else `shared` beside the checkout
    #[arg(long, value_name = "DIR")]
    pub shared: Option<PathBuf>,
}

impl Arguments {
    /// True when a version or list is asked for.
    pub fn wants_version(&self, version: &str) -> bool {
        self.versions.is_empty() || self.versions.iter().any(|wanted| wanted == version)
    }

    /// True when a group is asked for.
    pub fn wants_group(&self, name: &str) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|wanted| name.contains(wanted.as_str()))
    }

    /// True when counts can be held against the expected ones: nothing is left out, and the data are ours.
    pub fn is_whole(&self) -> bool {
        self.groups.is_empty() && self.base.is_none() && self.patients.is_empty()
    }
}

//! The command line.

use clap::Parser;
use std::path::PathBuf;

/// Measure a FHIR server.
#[derive(Parser, Debug, Clone)]
#[command(name = "cargo xtask bench")]
pub struct Arguments {
    /// The base URL of a server that runs already, such as http://127.0.0.1:8090/fhir, to be measured beside Chiron with
    /// the same content and requests. Its data is changed: bundles are imported and small transactions written
    #[arg(long, value_name = "URL")]
    pub against: Option<String>,
    /// The bearer token to send to that server
    #[arg(long, requires = "against")]
    pub token: Option<String>,
    /// An empty PostgreSQL database, as postgres://user:password@host/name, for Chiron to be measured on it too
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Only these workloads, by name
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// How long each workload is measured, in seconds
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// Clients of the workloads that do not name their own number
    #[arg(long, default_value_t = 16)]
    pub clients: usize,
    /// Arrivals per second of the open load
    #[arg(long, default_value_t = 200.0)]
    pub rate: f64,
    /// About how many resources to import
    #[arg(long, default_value_t = 200_000)]
    pub resources: u64,
    /// A data folder that an earlier run kept: nothing is imported
    #[arg(long, value_name = "DIR", conflicts_with_all = ["against", "database"])]
    pub data: Option<PathBuf>,
    /// Keep the data folder of Chiron on SQLite, to give it to --data later
    #[arg(long)]
    pub keep: bool,
    /// Instead: how cost grows with size. One practice of invented patients, 50 resources each, grows to each of these
    /// numbers of patients, such as 10000,100000; with --data it is one that has the first number already
    #[arg(long, value_name = "PATIENTS", value_delimiter = ',', conflicts_with_all = ["against", "database", "resources", "json"])]
    pub scale: Vec<u32>,
    /// Write scale.md, scale.csv and scale.svg into this folder, anew after each size
    #[arg(long, value_name = "DIR", requires = "scale")]
    pub write: Option<PathBuf>,
    /// The report as JSON
    #[arg(long)]
    pub json: bool,
    /// List the workloads and end
    #[arg(long)]
    pub list: bool,
}

impl Arguments {
    /// True when a workload is asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == name)
    }
}

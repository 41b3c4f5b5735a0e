//! The command line.

use clap::{Args, Parser, Subcommand};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Chiron: a complete electronic health record and practice-management system in one program.
#[derive(Parser, Debug)]
#[command(version, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What to do it with.
    #[command(flatten)]
    pub options: Options,
}

/// What holds for every command.
#[derive(Args, Debug, Clone)]
pub struct Options {
    /// The folder that holds the practice's data
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// The PostgreSQL database that holds the records, as postgres://user:password@host/name
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// A replica of that database, for reads
    #[arg(long, global = true, value_name = "URL")]
    read_database: Option<String>,
    /// The key without which the data cannot be read: file:PATH, passphrase or command:PROGRAM [default: a file beside the data folder]
    #[arg(long, global = true, value_name = "KEY")]
    wrapping_key: Option<String>,
    /// A file, best on another machine, to which the server appends signed anchors of the audit log
    #[arg(long, global = true, value_name = "FILE")]
    anchor_file: Option<String>,
    /// The address and port to serve on
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// How many requests a person or an app may send in a minute, and how many may come from an address
    #[arg(long, global = true, value_name = "RATES")]
    requests_per_minute: Option<String>,
    /// The address that others reach the server by
    #[arg(long, global = true, value_name = "URL")]
    base_url: Option<String>,
    /// The server's certificate in PEM, with those that lead to its authority
    #[arg(long, global = true, value_name = "FILE")]
    tls_certificate: Option<String>,
    /// The certificate's private key in PEM
    #[arg(long, global = true, value_name = "FILE")]
    tls_key: Option<String>,
    /// The public name of this server: its certificate is asked of an authority by ACME, and renewed
    #[arg(long, global = true, value_name = "NAMES")]
    acme_host: Option<String>,
    /// A mail address that the authority of certificates may write to
    #[arg(long, global = true, value_name = "MAIL")]
    acme_contact: Option<String>,
    /// The directory of the authority of certificates [default: that of Let's Encrypt]
    #[arg(long, global = true, value_name = "URL")]
    acme_directory: Option<String>,
    /// What an authority of one's own is checked by, in PEM
    #[arg(long, global = true, value_name = "FILE")]
    acme_directory_certificate: Option<String>,
    /// An address and port whose plain HTTP only leads to HTTPS
    #[arg(long, global = true, value_name = "ADDRESS")]
    http_redirect_listen: Option<String>,
    /// A proxy in front ends TLS, so plain HTTP beyond this machine is meant
    #[arg(long, global = true)]
    behind_proxy: bool,
    /// The configuration file (otherwise chiron.toml, if there is one)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One JSON object a line, for machines
    #[arg(long, global = true)]
    pub json: bool,
}

impl Options {
    /// What was given, by the name of the setting.
    pub fn flags(&self) -> BTreeMap<&'static str, String> {
        let given = [
            ("data", self.data.clone()),
            ("database", self.database.clone()),
            ("read-database", self.read_database.clone()),
            ("wrapping-key", self.wrapping_key.clone()),
            ("anchor-file", self.anchor_file.clone()),
            ("listen", self.listen.clone()),
            ("requests-per-minute", self.requests_per_minute.clone()),
            ("base-url", self.base_url.clone()),
            ("tls-certificate", self.tls_certificate.clone()),
            ("tls-key", self.tls_key.clone()),
            ("acme-host", self.acme_host.clone()),
            ("acme-contact", self.acme_contact.clone()),
            ("acme-directory", self.acme_directory.clone()),
            ("acme-directory-certificate", self.acme_directory_certificate.clone()),
            ("http-redirect-listen", self.http_redirect_listen.clone()),
            ("behind-proxy", self.behind_proxy.then(|| "true".to_owned())),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// The commands.
#[derive(Subcommand, Debug, Clone)]
pub enum Command {
    /// Make a synthetic practice and serve it: the quickest way to look around
    Demo(DemoArguments),
    /// Make up patients, as many as wanted: the same seed makes the same bytes
    Synth(SynthArguments),
    /// Serve the practice in the data folder
    Serve,
    /// Print the configuration in force, and where each value came from
    Config,
    /// Put a backup in place of the data folder, which must not hold data yet
    Restore {
        /// The folder that the backup is in
        from: PathBuf,
        /// As it was at a moment before the backup, such as 2026-11-25T10:00:00Z: later commits are left out
        #[arg(long, value_name = "INSTANT")]
        until: Option<String>,
    },
    /// Copy a whole practice into an empty store of either engine, and check the copy; nothing may serve either of them
    Copy {
        /// A data folder, or postgres://user:password@host/name
        from: String,
        /// A new data folder, or an empty database
        to: String,
    },
    /// A command on the data, also beside a running server
    #[command(flatten)]
    OnData(DataCommand),
}

/// How large a demo.
#[derive(Args, Debug, Clone)]
pub struct DemoArguments {
    /// How many patients, when the practice is made [default: 500]
    #[arg(long)]
    pub patients: Option<u32>,
    /// The seed: the same seed makes the same practice [default: 1]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Make the data, then stop instead of serving
    #[arg(long)]
    pub only_make: bool,
}

/// Which invented patients, and where to.
#[derive(Args, Debug, Clone)]
pub struct SynthArguments {
    /// A new folder for NDJSON that `chiron import` takes, or - for standard output [default: into the data folder]
    pub to: Option<PathBuf>,
    /// How many patients
    #[arg(long, default_value_t = 1000)]
    pub patients: u32,
    /// The position of the first of them. Sites and staff come before position 0; what was made up to here is carried on
    #[arg(long, default_value_t = 0)]
    pub from: u32,
    /// The seed: another seed, other people
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// About how many resources a patient has on average, from 31 to 1300
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(31..=1300))]
    pub resources_per_patient: u32,
    /// The day on which all histories end
    #[arg(long, value_name = "DATE", default_value = "2026-01-05")]
    pub today: jiff::civil::Date,
    /// Before position 0, also one patient with about 5,000 resources
    #[arg(long)]
    pub crowded: bool,
}

/// A command on the data: done by the running server if there is one, otherwise here.
#[derive(Subcommand, Debug, Clone, Serialize, Deserialize)]
pub enum DataCommand {
    /// Import transaction bundles and NDJSON (.json, .ndjson, also .gz and .zst; folders too)
    Import {
        /// Files and folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Export every resource but the audit log as NDJSON, a file a type
    Export {
        /// The folder to write to, which must be new or empty
        to: PathBuf,
    },
    /// Export all health information with its history, contents and audit, in a documented format
    ExportEhi {
        /// The folder to write to, which must be new or empty
        to: PathBuf,
        /// The id of one patient: all of theirs, and nothing of others
        #[arg(long, value_name = "ID")]
        patient: Option<String>,
    },
    /// Make a new practice of such an export, the same to the byte
    ImportEhi {
        /// The folder that the export is in
        from: PathBuf,
    },
    /// Make a bearer token for a program
    Token {
        /// What it may do, such as "system/*.rs" or "system/Patient.cruds system/Observation.rs"
        #[arg(long)]
        scope: String,
        /// How many days it holds
        #[arg(long, default_value_t = 365)]
        days: u32,
        /// In which role: it may only what both role and scopes allow
        #[arg(long, default_value = "administrator")]
        role: String,
    },
    /// Make a code to sign in with on the pages
    SignInCode {
        /// Only look, change nothing
        #[arg(long)]
        guest: bool,
    },
    /// The people who sign in on the pages: list, invite, reset, close
    #[command(subcommand)]
    User(UserCommand),
    /// The apps that may ask people for leave or work by themselves: list, add, suspend, resume, secret, invite
    #[command(subcommand)]
    App(AppCommand),
    /// Load a code system: RxNorm, LOINC, SNOMED CT, HCPCS, NDC, or a practice's own CPT file
    Load {
        /// rxnorm, loinc, snomed, hcpcs, ndc or cpt
        system: String,
        /// The file or folder as the publisher hands it out
        path: PathBuf,
        /// The version that it is
        #[arg(long, default_value = "")]
        version: String,
    },
    /// The keys that the data is encrypted with: list, renew, wrap
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Destroy a patient's record for good, with all its versions: it cannot be brought back
    Shred {
        /// The patient's id
        patient: String,
        /// Why; it stands in the audit, which stays
        #[arg(long)]
        reason: String,
        /// Also when something in it is younger than the six years that it is to be kept
        #[arg(long)]
        despite_retention: bool,
    },
    /// Make all index rows anew
    Reindex,
    /// Check every document, index row and chain
    Verify {
        /// A file of signed anchors that was kept elsewhere: what they name must still be there
        #[arg(long, value_name = "FILE")]
        anchors: Option<PathBuf>,
    },
    /// Sign where the audit log ends now, and print it, to be kept elsewhere for `verify --anchors`
    Anchor,
    /// Write a checked copy of all data while the server runs
    Backup {
        /// The folder to write to, which must be new or empty
        to: PathBuf,
    },
}

/// What is done with the keys that the data is encrypted with.
#[derive(Subcommand, Debug, Clone, Serialize, Deserialize)]
pub enum KeysCommand {
    /// Show them: numbers, when they were made, and how many records have their own
    List,
    /// Encrypt what is written from now on with a new data key
    Renew,
    /// Wrap the data keys with another wrapping key, without which nothing opens: a new one in the same file, or with --with
    Wrap {
        /// file:PATH, passphrase, passphrase:VARIABLE or command:PROGRAM ARGUMENTS
        #[arg(long, value_name = "KEY")]
        with: Option<String>,
    },
}

/// What is done with the accounts of people.
#[derive(Subcommand, Debug, Clone, Serialize, Deserialize)]
pub enum UserCommand {
    /// Show all accounts
    List,
    /// Make an account, and a link by which its person joins
    Invite {
        /// The person's name
        name: String,
        /// What they do, such as administrator or clinician
        #[arg(long)]
        role: String,
        /// Who they are in the record, such as Practitioner/1
        #[arg(long)]
        person: Option<String>,
        /// Their name at the hospital's identity provider, by which they come in without a link
        #[arg(long)]
        openid_name: Option<String>,
    },
    /// Take away all that a person signs in with, and make a link by which the person joins anew
    Reset {
        /// What they sign in with, or the id of their account
        sign_in_name: String,
    },
    /// Close an account: its person is signed out, and cannot sign in any more
    Close {
        /// What they sign in with, or the id of their account
        sign_in_name: String,
    },
}

/// What is done with apps.
#[derive(Subcommand, Debug, Clone, Serialize, Deserialize)]
pub enum AppCommand {
    /// Show all apps
    List,
    /// Make an app known, and print its client id, and its secret if it has one
    Add(AppArguments),
    /// Suspend an app: all that it had ends
    Suspend {
        /// Its client id
        id: String,
    },
    /// Let a suspended app be used again
    Resume {
        /// Its client id
        id: String,
    },
    /// Give an app a new secret in place of the old one
    Secret {
        /// Its client id
        id: String,
    },
    /// Make a token with which one app may register by itself (setting app-registration: token)
    Invite,
}

/// What an app is.
#[derive(Args, Debug, Clone, Serialize, Deserialize)]
pub struct AppArguments {
    /// Its name, for people to read
    pub name: String,
    /// Where a browser comes back to, to the letter; several times for several
    #[arg(long = "redirect", value_name = "URL")]
    pub redirect_uris: Vec<String>,
    /// Where it is opened from a chart
    #[arg(long = "launch", value_name = "URL")]
    pub launch_uri: Option<String>,
    /// What it may ask for, such as "openid launch/patient patient/*.rs"
    #[arg(long, default_value = "")]
    pub scope: String,
    /// It shows that it is itself by a secret
    #[arg(long, conflicts_with = "keys")]
    pub secret: bool,
    /// It shows that it is itself by a key: a file with its public JSON Web Key Set, or the address of one
    #[arg(long, value_name = "FILE|URL")]
    pub keys: Option<String>,
    /// It works by itself, in this role and with these scopes of system/
    #[arg(long, value_name = "ROLE")]
    pub service: Option<String>,
    /// Whose it is, such as Organization/1: what patients keep from that organization is kept from it
    #[arg(long, value_name = "REFERENCE")]
    pub organization: Option<String>,
}

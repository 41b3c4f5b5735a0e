//! How far a job is, as it keeps it.

use fhir::Value;
use record::job::Job;

/// How far a job is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// It waits, or is being done.
    Waiting,
    /// It is done.
    Done {
        /// The moment that it tells of, in milliseconds since 1970.
        moment_ms: i64,
        /// What came of it.
        output: Vec<Listed>,
        /// What failed in it.
        error: Vec<Listed>,
        /// What was deleted since the moment that was named.
        deleted: Vec<Listed>,
    },
    /// It cannot be done: the OperationOutcome, as JSON.
    Failed(String),
}

/// A line of a manifest: so many resources, and where they are or came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Listed {
    /// The type of the resources in the file.
    pub type_name: String,
    /// How many.
    pub count: u64,
    /// The file's name; empty when there is none.
    pub file: String,
    /// The URL that they came from; empty for exports.
    pub input_url: String,
}

/// The member of a job's details.
const STATE: &str = "state";

impl State {
    /// The state of a job.
    pub fn of(job: &Job) -> Self {
        Self::read(job).unwrap_or(Self::Waiting)
    }

    fn read(job: &Job) -> Option<Self> {
        let state = job.details.get(STATE)?;
        if let Some(outcome) = state.get("outcome") {
            return Some(Self::Failed(outcome.as_str()?.to_owned()));
        }
        let listed = |name| state.get(name)?.as_array()?.iter().map(Listed::read).collect::<Option<Vec<_>>>();
        Some(Self::Done {
            moment_ms: state.get("moment_ms")?.as_str()?.parse().ok()?,
            output: listed("output")?,
            error: listed("error")?,
            deleted: listed("deleted")?,
        })
    }

    /// Puts the state into a job.
    pub fn put_in(&self, job: &mut Job) {
        let listed = |all: &[Listed]| Value::Array(all.iter().map(Listed::to_value).collect());
        let state = match self {
            Self::Waiting => fhir::object! {},
            Self::Failed(outcome) => fhir::object! { "outcome" => outcome.as_str() },
            Self::Done { moment_ms, output, error, deleted } => fhir::object! {
                "moment_ms" => moment_ms.to_string(),
                "output" => listed(output),
                "error" => listed(error),
                "deleted" => listed(deleted),
            },
        };
        if let Some(details) = job.details.as_object_mut() {
            details.set(STATE, state);
        }
    }

    /// Whether it is done and has a file of this name.
    pub fn has_file(&self, name: &str) -> bool {
        match self {
            Self::Done { output, error, deleted, .. } => {
                let mut all = output.iter().chain(error).chain(deleted);
                !name.is_empty() && all.any(|listed| listed.file == name)
            }
            Self::Waiting | Self::Failed(_) => false,
        }
    }
}

impl Listed {
    fn read(value: &Value) -> Option<Self> {
        let text = |name| value.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            type_name: text("type")?,
            count: text("count")?.parse().ok()?,
            file: text("file")?,
            input_url: text("input_url")?,
        })
    }

    fn to_value(&self) -> Value {
        fhir::object! {
            "type" => self.type_name.as_str(),
            "count" => self.count.to_string(),
            "file" => self.file.as_str(),
            "input_url" => self.input_url.as_str(),
        }
    }
}

//! How far an export is, as its job keeps it.

use fhir::Value;
use record::job::Job;

/// How far an export is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// It waits, or is being made.
    Waiting,
    /// It is made.
    Done {
        /// The moment that it tells of, in milliseconds since 1970.
        moment_ms: i64,
        /// The files: a type, and the number of its resources.
        files: Vec<(String, u64)>,
    },
    /// It cannot be made: the OperationOutcome, as JSON.
    Failed(String),
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
        let file = |file: &Value| {
            let count = file.get("count")?.as_str()?.parse().ok()?;
            Some((file.get("type")?.as_str()?.to_owned(), count))
        };
        Some(Self::Done {
            moment_ms: state.get("moment_ms")?.as_str()?.parse().ok()?,
            files: state.get("files")?.as_array()?.iter().map(file).collect::<Option<_>>()?,
        })
    }

    /// Puts the state into a job.
    pub fn put_in(&self, job: &mut Job) {
        let state = match self {
            Self::Waiting => fhir::object! {},
            Self::Failed(outcome) => fhir::object! { "outcome" => outcome.as_str() },
            Self::Done { moment_ms, files } => {
                let file = |(name, count): &(String, u64)| {
                    fhir::object! { "type" => name.as_str(), "count" => count.to_string() }
                };
                let files = Value::Array(files.iter().map(file).collect());
                fhir::object! { "moment_ms" => moment_ms.to_string(), "files" => files }
            }
        };
        if let Some(details) = job.details.as_object_mut() {
            details.set(STATE, state);
        }
    }
}

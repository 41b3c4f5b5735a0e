//! A result does not leave the inbox unsigned (LR09), by whatever way a write comes.

use super::task::{REVIEW, is_open, reviewed_version};
use fhir::Document;
use record::write_rule::{ProposedWrite, Requirement, Violation, WriteRule};

const NAME: &str = "results-stay-until-reviewed";

/// The Task of a result is not deleted, and waits until somebody saw the result, or it is said why nobody need.
pub struct ResultsStayUntilReviewed;

impl WriteRule for ResultsStayUntilReviewed {
    fn name(&self) -> &'static str {
        NAME
    }

    fn check(&self, write: &ProposedWrite<'_>) -> Result<Vec<Requirement>, Violation> {
        let is_review = write.key.type_id.name() == "Task" && write.key.id.starts_with(REVIEW.prefix);
        let Some(before) = write.before.filter(|_| is_review) else { return Ok(Vec::new()) };
        match write.after {
            None => Err(violation("the task to review a result is kept; complete it instead", "Task")),
            Some(after) if is_open(before.root()) && !is_open(after.root()) && !is_answered(after) => {
                Err(violation(
                    "a result does not leave unsigned: complete the task with an output that refers to the version of the \
                 result that was reviewed (such as DiagnosticReport/1/_history/2), or say in statusReason.text why it is not reviewed",
                    "Task.status",
                ))
            }
            Some(_) => Ok(Vec::new()),
        }
    }
}

/// Whether it says which version was seen, or why none was.
fn is_answered(task: &Document) -> bool {
    let root = task.root();
    match root.get_str("status").as_deref() {
        Some("completed") => reviewed_version(task).is_some(),
        _ => root.at_path(&["statusReason", "text"]).is_some(),
    }
}

fn violation(message: &str, expression: &str) -> Violation {
    Violation { rule: NAME, message: message.to_owned(), expression: expression.to_owned() }
}

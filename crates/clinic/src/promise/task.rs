//! The Task that a promise is.

use super::moment_ms;
use crate::chart::resource_type;
use crate::fhir_parts::reference;
use fhir::{Document, Node, Object, Value, array, object};
use record::consequence::Put;
use record::resource::instant;
use record::{Expect, Resource, ResourceKey};
use sha2::{Digest, Sha256};

/// The codes of tasks (HL7 task-code).
pub(crate) const CODES: &str = "http://hl7.org/fhir/CodeSystem/task-code";

/// A kind of promise.
pub(crate) struct Kind {
    /// What its ids begin with.
    pub prefix: &'static str,
    /// The code of its Task, and its words.
    pub code: (&'static str, &'static str),
}

/// That a result is looked at.
pub(crate) const REVIEW: Kind = Kind { prefix: "review-", code: ("approve", "Review of a result") };
/// That an order is fulfilled.
pub(crate) const FULFILMENT: Kind = Kind { prefix: "order-", code: ("fulfill", "Fulfilment of an order") };

/// What a Task says when its result was looked at: the version that was seen is its value.
pub(crate) const REVIEWED: &str = "Reviewed";

/// States in which a Task waits for somebody.
const OPEN: [&str; 6] = ["requested", "received", "accepted", "ready", "in-progress", "on-hold"];
/// Letters of the hash that an id is made of: enough that no two are alike.
const HASH_LETTERS: usize = 40;

impl Kind {
    /// The key of the promise about a resource.
    pub fn key(&self, of: &ResourceKey) -> ResourceKey {
        let hash: String = Sha256::digest(of.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
        let id = format!("{}{}", self.prefix, &hash[..HASH_LETTERS]);
        record::bundle::key(resource_type("Task"), &id).expect("letters, digits and a hyphen")
    }
}

/// What a promise is made of.
pub(super) struct Promise<'a> {
    pub kind: &'a Kind,
    pub focus: &'a ResourceKey,
    /// The result or order that it is about.
    pub of: Node<'a>,
    pub owner: Option<Value>,
    pub is_urgent: bool,
    pub due_ms: i64,
    pub now_ms: i64,
}

impl Promise<'_> {
    /// The Task, to be put where none is.
    pub fn put(&self) -> Put {
        let mut task = Object::new();
        let key = self.kind.key(self.focus);
        let now = instant(self.now_ms).to_string();
        task.set("resourceType", "Task");
        task.set("id", &*key.id);
        // Who may not see what it is about does not see it either.
        let labels = self.of.at_path(&["meta", "security"]).map(Value::from);
        if let Some(labels) = labels {
            task.set("meta", object! { "security" => labels });
        }
        task.set("status", "requested");
        task.set("intent", "order");
        task.set("priority", if self.is_urgent { "urgent" } else { "routine" });
        let (code, words) = self.kind.code;
        let coding = object! { "system" => CODES, "code" => code };
        task.set("code", object! { "coding" => array![coding], "text" => words });
        task.set("focus", reference(&self.focus.to_string()));
        let subject = self.of.get("subject").and_then(|subject| subject.get_str("reference"));
        if let Some(subject) = subject {
            task.set("for", reference(&subject));
        }
        let encounter = self.of.get("encounter").and_then(|encounter| encounter.get_str("reference"));
        if let Some(encounter) = encounter {
            task.set("encounter", reference(&encounter));
        }
        task.set("authoredOn", now.as_str());
        task.set("lastModified", now.as_str());
        if let Some(owner) = &self.owner {
            task.set("owner", owner.clone());
        }
        task.set(
            "restriction",
            object! { "period" => object! { "end" => instant(self.due_ms).to_string() } },
        );
        Put { key, expect: Expect::Absent, document: Value::from(task).to_document() }
    }
}

/// A Task that there is, changed.
pub(super) fn changed(found: &Resource, now_ms: i64, change: impl FnOnce(&mut Object)) -> Option<Put> {
    let document = found.document()?;
    let mut value = Value::from(document.root());
    let task = value.as_object_mut()?;
    task.set("lastModified", instant(now_ms).to_string());
    change(task);
    let (key, expect) = (found.key().clone(), Expect::Version(found.version()));
    Some(Put { key, expect, document: value.to_document() })
}

/// Whether a Task waits for somebody.
pub fn is_open(root: Node<'_>) -> bool {
    root.get_str("status").is_some_and(|status| OPEN.contains(&&*status))
}

/// When a Task is due, in milliseconds since 1970.
pub fn due_ms(root: Node<'_>) -> Option<i64> {
    moment_ms(root.at_path(&["restriction", "period", "end"]))
}

/// The version of what a Task is about that somebody looked at; `None` when nobody did.
pub fn reviewed_version(task: &Document) -> Option<u32> {
    let seen = task.root().each_of("output").filter_map(|output| {
        let value = output.get("valueReference")?.get_str("reference")?.into_owned();
        value.rsplit_once("/_history/")?.1.parse().ok()
    });
    seen.max()
}

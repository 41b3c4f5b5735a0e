//! An entry: what one resource says of what happened.

use super::query::Query;
use crate::chart::document::DocumentItem;
use crate::chart::medication::Medication;
use crate::chart::observation::{self, Flag};
use crate::chart::visit::Visit;
use crate::chart::{concept, is_entered_in_error};
use fhir::{Document, Kind as NodeKind, Node};
use record::Resource;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A visit.
    Visit,
    /// A note or document.
    Note,
    /// A result.
    Result,
    /// Vital signs.
    VitalSign,
    /// A problem.
    Problem,
    /// A medication.
    Medication,
    /// An allergy.
    Allergy,
    /// An immunization.
    Immunization,
    /// Something that was done.
    Procedure,
    /// An order.
    Order,
    /// A message.
    Message,
    /// What runs in the family.
    Family,
    /// What is planned.
    Plan,
}

/// Of each kind: its name in addresses, and its words.
const KINDS: [(&str, &str); 13] = [
    ("visits", "Visits"),
    ("notes", "Notes"),
    ("results", "Results"),
    ("vitals", "Vitals"),
    ("problems", "Problems"),
    ("medications", "Medications"),
    ("allergies", "Allergies"),
    ("immunizations", "Immunizations"),
    ("procedures", "Procedures"),
    ("orders", "Orders"),
    ("messages", "Messages"),
    ("family", "Family"),
    ("plans", "Plans"),
];

impl Kind {
    /// All, in their order.
    pub const ALL: [Self; 13] = [
        Self::Visit,
        Self::Note,
        Self::Result,
        Self::VitalSign,
        Self::Problem,
        Self::Medication,
        Self::Allergy,
        Self::Immunization,
        Self::Procedure,
        Self::Order,
        Self::Message,
        Self::Family,
        Self::Plan,
    ];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        KINDS[self as usize].0
    }

    /// Its words.
    pub fn words(self) -> &'static str {
        KINDS[self as usize].1
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where the source of an entry is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A document, by its id.
    Document(String),
    /// A test, by its code.
    Test(String),
    /// All results.
    Results,
    /// All vital signs.
    Vitals,
    /// A visit.
    Visit(String),
    /// A line of the problem list.
    Problem(String),
    /// The medication list.
    Medications,
    /// A line of the list of allergies.
    Allergy(String),
    /// No page: the entry says all.
    None,
}

/// What happened.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What kind of thing.
    pub kind: Kind,
    /// The resource, such as `Observation/1`.
    pub reference: String,
    /// When, as recorded; empty when that is not known.
    pub date: String,
    /// In words.
    pub title: String,
    /// More of it; empty when there is no more.
    pub detail: String,
    /// How it lies to what is normal.
    pub flag: Flag,
    /// The code of a test; empty for all else.
    pub code: String,
    /// All that it says, when it was searched for.
    pub text: String,
    /// Where its source is.
    pub link: Link,
}

/// Resources of a type as entries.
pub(super) struct Source {
    pub type_name: &'static str,
    kind: Kind,
    /// Where it says when, by paths, the first that there is.
    dates: &'static [&'static [&'static str]],
    /// What is said of it beside its name.
    detail: fn(&Document) -> String,
    link: fn(&str, &Document) -> Link,
}

const NO_LINK: fn(&str, &Document) -> Link = |_, _| Link::None;

/// Types that a chart is made of.
pub(super) const SOURCES: [Source; 15] = [
    Source {
        type_name: "Encounter",
        kind: Kind::Visit,
        dates: &[&["period", "start"]],
        detail: visit,
        link: |id, _| Link::Visit(id.to_owned()),
    },
    Source {
        type_name: "DocumentReference",
        kind: Kind::Note,
        dates: &[&["date"]],
        detail: |document| DocumentItem::read(document).author,
        link: |id, _| Link::Document(id.to_owned()),
    },
    Source {
        type_name: "DiagnosticReport",
        kind: Kind::Result,
        dates: &[&["effectiveDateTime"], &["effectivePeriod", "start"], &["issued"]],
        detail: |document| document.root().get_str("conclusion").unwrap_or_default().into_owned(),
        link: |_, _| Link::Results,
    },
    Source {
        type_name: "Observation",
        kind: Kind::Result,
        dates: &[&["effectiveDateTime"], &["effectivePeriod", "start"], &["issued"]],
        detail: |_| String::new(),
        link: |_, document| concept::code_of(document.root().get("code")).map_or(Link::Results, Link::Test),
    },
    Source {
        type_name: "Condition",
        kind: Kind::Problem,
        dates: &[&["recordedDate"], &["onsetDateTime"], &["onsetPeriod", "start"]],
        detail: |document| concept::code_of(document.root().get("clinicalStatus")).unwrap_or_default(),
        link: |id, _| Link::Problem(id.to_owned()),
    },
    Source {
        type_name: "AllergyIntolerance",
        kind: Kind::Allergy,
        dates: &[&["recordedDate"], &["onsetDateTime"]],
        detail: |document| {
            let reactions = document.root().each_of("reaction").collect::<Vec<_>>();
            let of = reactions.iter().flat_map(|one| one.each_of("manifestation").collect::<Vec<_>>());
            of.filter_map(|one| concept::text(Some(one))).collect::<Vec<_>>().join(", ")
        },
        link: |id, _| Link::Allergy(id.to_owned()),
    },
    Source {
        type_name: "MedicationRequest",
        kind: Kind::Medication,
        dates: &[&["authoredOn"]],
        detail: medication,
        link: |_, _| Link::Medications,
    },
    Source {
        type_name: "MedicationStatement",
        kind: Kind::Medication,
        dates: &[&["effectiveDateTime"], &["effectivePeriod", "start"], &["dateAsserted"]],
        detail: medication,
        link: |_, _| Link::Medications,
    },
    Source {
        type_name: "Immunization",
        kind: Kind::Immunization,
        dates: &[&["occurrenceDateTime"], &["recorded"]],
        detail: |document| {
            let root = document.root();
            let lot = root.get_str("lotNumber").map(|lot| format!("lot {lot}")).unwrap_or_default();
            if root.get_str("status").as_deref() == Some("not-done") { "not given".to_owned() } else { lot }
        },
        link: NO_LINK,
    },
    Source {
        type_name: "Procedure",
        kind: Kind::Procedure,
        dates: &[&["performedDateTime"], &["performedPeriod", "start"]],
        detail: status,
        link: NO_LINK,
    },
    Source {
        type_name: "ServiceRequest",
        kind: Kind::Order,
        dates: &[&["authoredOn"]],
        detail: status,
        link: NO_LINK,
    },
    Source {
        type_name: "Communication",
        kind: Kind::Message,
        dates: &[&["sent"], &["received"]],
        detail: |document| {
            let payload = document.root().each_of("payload").find_map(|one| one.get_str("contentString"));
            payload.unwrap_or_default().into_owned()
        },
        link: NO_LINK,
    },
    Source {
        type_name: "FamilyMemberHistory",
        kind: Kind::Family,
        dates: &[&["date"]],
        detail: |document| {
            let conditions =
                document.root().each_of("condition").filter_map(|one| concept::text(one.get("code")));
            conditions.collect::<Vec<_>>().join(", ")
        },
        link: NO_LINK,
    },
    Source {
        type_name: "Goal",
        kind: Kind::Plan,
        dates: &[&["startDate"], &["statusDate"]],
        detail: |_| String::new(),
        link: NO_LINK,
    },
    Source {
        type_name: "CarePlan",
        kind: Kind::Plan,
        dates: &[&["period", "start"], &["created"]],
        detail: status,
        link: NO_LINK,
    },
];

fn status(document: &Document) -> String {
    document.root().get_str("status").unwrap_or_default().into_owned()
}

fn visit(document: &Document) -> String {
    let Visit { reason, provider, .. } = Visit::read(document);
    [reason, provider].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn medication(document: &Document) -> String {
    let Medication { instructions, status, .. } = Medication::read(document);
    [instructions, status].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn in_words(values: &[observation::Value]) -> String {
    let text = |value: &observation::Value| format!("{} {}", value.text, value.unit).trim_end().to_owned();
    match values {
        [only] => text(only),
        several => {
            let each = several.iter().map(|one| format!("{} {}", one.name, text(one)));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

impl Source {
    /// What a resource says; `None` when it was entered in error, is none any more, or has not what is searched for, which is
    /// told before the rest is read.
    pub(super) fn entry(&self, found: &Resource, query: &Query) -> Option<Entry> {
        // The text of a note is encoded in it.
        if self.type_name != "DocumentReference" && !query.may_be_in(found.body()) {
            return None;
        }
        let document = found.document().filter(|document| !is_entered_in_error(document))?;
        let root = document.root();
        let text = if query.is_empty() { String::new() } else { self.text(&document) };
        if !query.finds(&text, || codes(root)) {
            return None;
        }
        let is_vital = self.type_name == "Observation"
            && root
                .each_of("category")
                .any(|one| concept::code_of(Some(one)).as_deref() == Some("vital-signs"));
        let date = self.dates.iter().find_map(|path| root.at_path(path)).and_then(Node::as_str);
        let values =
            if self.type_name == "Observation" { observation::values(&document) } else { Vec::new() };
        let flag = values.iter().map(|value| value.flag).max_by_key(|flag| flag.urgency());
        Some(Entry {
            kind: if is_vital { Kind::VitalSign } else { self.kind },
            reference: found.key().to_string(),
            date: date.unwrap_or_default().into_owned(),
            title: title(&document, self.type_name),
            detail: if values.is_empty() { (self.detail)(&document) } else { in_words(&values) },
            flag: flag.unwrap_or_default(),
            code: if self.kind == Kind::Result {
                concept::code_of(root.get("code")).unwrap_or_default()
            } else {
                String::new()
            },
            text,
            link: (self.link)(&found.key().id, &document),
        })
    }
}

impl Source {
    /// All that people read of a resource.
    fn text(&self, document: &Document) -> String {
        let mut text = String::new();
        gather(document.root(), &mut text);
        if self.type_name == "DocumentReference" {
            text.push_str(&DocumentItem::read(document).text.unwrap_or_default());
        }
        text
    }
}

fn codes(root: Node<'_>) -> Vec<String> {
    let mut codes = Vec::new();
    gather_codes(root, &mut codes);
    codes
}

fn title(document: &Document, type_name: &str) -> String {
    let root = document.root();
    let named = match type_name {
        "Encounter" => Some(Visit::read(document).kind),
        "DocumentReference" => {
            let item = DocumentItem::read(document);
            Some(if item.title.is_empty() { item.kind } else { item.title })
        }
        "MedicationRequest" | "MedicationStatement" => Some(Medication::read(document).name),
        "Immunization" => concept::text(root.get("vaccineCode")),
        "FamilyMemberHistory" => concept::text(root.get("relationship")),
        "Goal" => concept::text(root.get("description")),
        "CarePlan" => root
            .get_str("title")
            .map(std::borrow::Cow::into_owned)
            .or_else(|| concept::text(root.each_of("category").next())),
        "Communication" => Some("Message".to_owned()),
        _ => concept::text(root.get("code")),
    };
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| type_name.to_owned())
}

/// Elements whose texts people read.
const READ: [&str; 13] = [
    "text",
    "display",
    "valueString",
    "conclusion",
    "description",
    "comment",
    "contentString",
    "title",
    "patientInstruction",
    "name",
    "lotNumber",
    "substance",
    "note",
];

/// The texts below a node, with spaces between.
fn gather(node: Node<'_>, text: &mut String) {
    for (name, member) in node.members() {
        let is_read = READ.contains(&&*name);
        match member.kind() {
            NodeKind::String if is_read => {
                text.push_str(&member.as_str().unwrap_or_default());
                text.push(' ');
            }
            NodeKind::Object => gather(member, text),
            NodeKind::Array => member.items().for_each(|item| gather(item, text)),
            _ => {}
        }
    }
}

/// The codes of all codings below a node.
fn gather_codes(node: Node<'_>, codes: &mut Vec<String>) {
    for (name, member) in node.members() {
        match member.kind() {
            NodeKind::String if name == "code" => {
                codes.extend(member.as_str().map(std::borrow::Cow::into_owned));
            }
            NodeKind::Object => gather_codes(member, codes),
            NodeKind::Array => member.items().for_each(|item| gather_codes(item, codes)),
            _ => {}
        }
    }
}

/// Values of a day as one entry: of results, and of vital signs. Entries come newest first.
pub(super) fn by_day(entries: Vec<Entry>) -> Vec<Entry> {
    let mut grouped: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let is_value = entry.reference.starts_with("Observation/")
            && matches!(entry.kind, Kind::Result | Kind::VitalSign);
        let day = |entry: &Entry| entry.date.get(..10).unwrap_or(&entry.date).to_owned();
        let same = is_value.then(|| {
            let of_day = grouped.iter_mut().rev().take_while(|one| day(one) == day(&entry));
            of_day.into_iter().find(|one| one.kind == entry.kind && one.reference.is_empty())
        });
        match same.flatten() {
            Some(group) => {
                group.detail.push_str(&format!(", {}", short(&entry)));
                if entry.flag.urgency() > group.flag.urgency() {
                    group.flag = entry.flag;
                }
            }
            None if is_value => grouped.push(Entry {
                detail: short(&entry),
                title: if entry.kind == Kind::VitalSign { "Vital signs" } else { "Results" }.to_owned(),
                link: if entry.kind == Kind::VitalSign { Link::Vitals } else { Link::Results },
                reference: String::new(),
                code: String::new(),
                ..entry
            }),
            None => grouped.push(entry),
        }
    }
    grouped
}

fn short(entry: &Entry) -> String {
    format!("{} {}", entry.title, entry.detail).trim_end().to_owned()
}

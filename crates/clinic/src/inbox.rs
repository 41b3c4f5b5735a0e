//! The inbox: what waits for somebody, one queue for results, orders that are overdue and tasks (LR09, OR05).
//!
//! It shows Tasks: those that follow from results and orders ([`crate::promise`]), and those that people give each other.

pub mod act;
pub mod review;

use crate::author;
use crate::chart::banner::Banner;
use crate::chart::observation::{self, Flag};
use crate::chart::{concept, resource_type};
use crate::promise::{self, FULFILMENT, REVIEW};
use fhir::{Document, Node};
use record::{Error, Resource, ResourceKey, Session};
use std::collections::{HashMap, HashSet};

/// Tasks of a kind that are looked at: the oldest.
const LOOKED_AT: &str = "500";
/// Items that a queue shows; the page says when there are more.
pub const SHOWN: usize = 100;
/// States in which a Task waits.
const OPEN: &str = "requested,received,accepted,ready,in-progress,on-hold";

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A result that nobody has signed.
    Result,
    /// An order that is not fulfilled.
    Order,
    /// Something that somebody asked for.
    Task,
}

/// Whose items are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// The reader's own.
    Mine,
    /// Those that belong to nobody.
    Nobodys,
    /// Those that are overdue, whoever they belong to: so that what somebody left behind comes to light.
    Overdue,
    /// Orders whose result is not expected yet.
    Waiting,
    /// All.
    All,
}

/// The queues, by name, with their words.
pub const QUEUES: [(&str, &str, Queue); 5] = [
    ("mine", "Mine", Queue::Mine),
    ("nobodys", "Nobody's", Queue::Nobodys),
    ("overdue", "Overdue", Queue::Overdue),
    ("waiting", "Orders that wait", Queue::Waiting),
    ("all", "Everyone's", Queue::All),
];

/// The queue of a name.
pub fn queue(name: &str) -> Option<Queue> {
    QUEUES.iter().find(|(known, _, _)| *known == name).map(|(_, _, queue)| *queue)
}

/// Something that waits.
#[derive(Clone, Debug)]
pub struct Item {
    /// The id of its Task.
    pub id: String,
    /// The version of the Task that was read.
    pub version: u32,
    /// What it is.
    pub what: What,
    /// Who the patient is; `None` for a task about nobody.
    pub patient: Option<Banner>,
    /// What it is about, in words.
    pub title: String,
    /// The code of the test, when it is a result or an order of one; empty otherwise.
    pub code: String,
    /// The worst of its values.
    pub flag: Flag,
    /// Whether it was corrected since somebody signed it.
    pub is_again: bool,
    /// Since when it waits, in milliseconds since 1970.
    pub since_ms: i64,
    /// When it is due.
    pub due_ms: Option<i64>,
    /// Whether that is over.
    pub is_overdue: bool,
    /// Whether it is to be done before others.
    pub is_urgent: bool,
    /// Who it belongs to; empty: nobody.
    pub owner: String,
    /// Whether that is the reader.
    pub is_mine: bool,
    /// What was said on it, oldest first: when, by whom, and what.
    pub notes: Vec<Note>,
    /// What it is about: a result or an order.
    pub focus: Option<ResourceKey>,
}

/// What was said on an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When, as recorded; empty when that is not known.
    pub time: String,
    /// By whom; empty: by the program.
    pub author: String,
    /// What.
    pub text: String,
}

/// A queue as it is now.
#[derive(Default)]
pub struct Inbox {
    /// What waits in it, the most urgent first.
    pub items: Vec<Item>,
    /// How many there are in each of [`QUEUES`].
    pub counts: [usize; QUEUES.len()],
    /// Whether there are more than are shown or were looked at.
    pub has_more: bool,
}

impl Inbox {
    /// Reads a queue.
    ///
    /// # Errors
    /// When the record cannot be searched, or the reader may not see tasks.
    pub fn read(session: &Session, queue: Queue) -> Result<Self, Error> {
        let everyones = Tasks::find(session, &[])?;
        let mine = match &session.actor().person {
            // The oldest of all need not hold all of one's own.
            Some(person) if everyones.has_more => Tasks::find(session, &[("owner", &person.to_string())])?,
            _ => everyones.clone(),
        };
        let now_ms = session.record().now_ms();
        let is_in = |item: &Item, queue: Queue| is_in(item, queue, now_ms);
        let of = |queue: Queue| if queue == Queue::Mine { &mine.items } else { &everyones.items };
        let mut inbox = Self { has_more: everyones.has_more, ..Self::default() };
        for ((_, _, queue), count) in QUEUES.iter().zip(&mut inbox.counts) {
            *count = of(*queue).iter().filter(|item| is_in(item, *queue)).count();
        }
        let mut items: Vec<Item> = of(queue).iter().filter(|item| is_in(item, queue)).cloned().collect();
        // What is critical is urgent, and what is abnormal is due before what is not.
        items.sort_by_key(|item| (!item.is_urgent, item.due_ms, item.since_ms));
        inbox.has_more |= items.len() > SHOWN;
        items.truncate(SHOWN);
        describe(session, &mut items)?;
        name_patients(session, &mut items)?;
        inbox.items = items;
        Ok(inbox)
    }
}

fn is_in(item: &Item, queue: Queue, now_ms: i64) -> bool {
    // What was ordered is nobody's work before it is overdue.
    let is_waiting = item.what == What::Order && item.due_ms.is_some_and(|due_ms| due_ms > now_ms);
    match queue {
        Queue::Waiting => is_waiting,
        _ if is_waiting => false,
        Queue::Mine => item.is_mine,
        Queue::Nobodys => item.owner.is_empty(),
        Queue::Overdue => item.is_overdue,
        Queue::All => true,
    }
}

/// What waits for the reader; what it is about is not read.
///
/// # Errors
/// When the record cannot be searched.
pub fn mine(session: &Session) -> Result<Vec<Item>, Error> {
    let Some(person) = &session.actor().person else { return Ok(Vec::new()) };
    let now_ms = session.record().now_ms();
    let tasks = Tasks::find(session, &[("owner", &person.to_string())])?;
    Ok(tasks.items.into_iter().filter(|item| is_in(item, Queue::Mine, now_ms)).collect())
}

/// What requires action for a patient: all that waits, whoever it belongs to, orders that are not expected yet left out.
///
/// # Errors
/// When the record cannot be searched.
pub fn of_patient(session: &Session, patient: &str) -> Result<Vec<Item>, Error> {
    let now_ms = session.record().now_ms();
    let tasks = Tasks::find(session, &[("patient", &format!("Patient/{patient}"))])?;
    let mut items: Vec<Item> =
        tasks.items.into_iter().filter(|item| is_in(item, Queue::All, now_ms)).collect();
    items.sort_by_key(|item| (!item.is_urgent, item.due_ms));
    items.truncate(SHOWN);
    describe(session, &mut items)?;
    Ok(items)
}

/// One item, waiting or not.
///
/// # Errors
/// When there is none, or the reader may not see it.
pub fn item(session: &Session, id: &str) -> Result<(Item, bool), Error> {
    let key = record::bundle::key(resource_type("Task"), id)?;
    let found = session.read(&key)?;
    let document = found.document().ok_or_else(|| Error::NotFound(key.to_string()))?;
    let mut items = vec![Item::read(session, &found, &document)];
    describe(session, &mut items)?;
    name_patients(session, &mut items)?;
    Ok((items.remove(0), promise::is_open(document.root())))
}

/// Tasks that are open: the urgent ones, the oldest of those that somebody is to do now, and the oldest orders, so that none of
/// them hides another kind. What they are about is still to be read ([`describe`]).
#[derive(Clone, Default)]
struct Tasks {
    items: Vec<Item>,
    has_more: bool,
}

impl Tasks {
    fn find(session: &Session, narrower: &[(&str, &str)]) -> Result<Self, Error> {
        const ORDERS: &str = "http://hl7.org/fhir/CodeSystem/task-code|fulfill";
        const PARTS: [(&str, &str); 3] =
            [("priority", "urgent,asap,stat"), ("code:not", ORDERS), ("code", ORDERS)];
        let mut tasks = Self::default();
        let mut seen = HashSet::new();
        for part in PARTS {
            let mut asked = vec![("status", OPEN), ("_sort", "authored-on"), ("_count", LOOKED_AT), part];
            asked.extend(narrower);
            let found = session.find(resource_type("Task"), &asked)?;
            tasks.has_more |= found.next.is_some();
            for one in &found.matches {
                if let Some(document) = one.document().filter(|_| seen.insert(one.key().clone())) {
                    tasks.items.push(Item::read(session, one, &document));
                }
            }
        }
        Ok(tasks)
    }
}

impl Item {
    /// Reads a Task; what it is about is still to be read.
    fn read(session: &Session, found: &Resource, document: &Document) -> Self {
        let root = document.root();
        let now_ms = session.record().now_ms();
        let id = root.get_str("id").unwrap_or_default().into_owned();
        let what = match &*id {
            id if id.starts_with(REVIEW.prefix) => What::Result,
            id if id.starts_with(FULFILMENT.prefix) => What::Order,
            _ => What::Task,
        };
        let due_ms = promise::due_ms(root);
        let owner = root.get("owner");
        let own = root.get_str("description").map(std::borrow::Cow::into_owned);
        Self {
            version: found.version(),
            what,
            patient: promise::patient_id(root).map(|id| named_only(&id)),
            title: own.or_else(|| concept::text(root.get("code"))).unwrap_or_else(|| "Task".to_owned()),
            code: String::new(),
            flag: Flag::None,
            is_again: what == What::Result && promise::reviewed_version(document).is_some(),
            since_ms: promise::moment_ms(root.get("authoredOn")).unwrap_or(found.updated_ms()),
            due_ms,
            is_overdue: due_ms.is_some_and(|due_ms| due_ms < now_ms),
            is_urgent: root.get_str("priority").is_some_and(|priority| priority != "routine"),
            owner: owner.map(owner_words).unwrap_or_default(),
            is_mine: owner.is_some_and(|owner| author::is(session, owner)),
            notes: root.each_of("note").map(note).collect(),
            focus: focus(session, root),
            id,
        }
    }
}

/// Reads what items are about: their names, codes and worst values. What is closed to the reader, or gone, stays without.
fn describe(session: &Session, items: &mut [Item]) -> Result<(), Error> {
    const AT_ONCE: usize = 100;
    let mut included: HashMap<String, Document> = HashMap::new();
    for items in items.chunks(AT_ONCE) {
        let ids: Vec<&str> = items.iter().filter(|item| item.focus.is_some()).map(|item| &*item.id).collect();
        if ids.is_empty() {
            continue;
        }
        let ids = ids.join(",");
        let asked = [
            ("_id", &*ids),
            ("_count", "100"),
            ("_include", "Task:focus"),
            ("_include:iterate", "DiagnosticReport:result"),
        ];
        let found = match session.find(resource_type("Task"), &asked) {
            // Who may not see results has tasks all the same.
            Err(Error::Denied(_)) => return Ok(()),
            found => found?,
        };
        let documents =
            found.included.iter().filter_map(|one| Some((one.key().to_string(), one.document()?)));
        included.extend(documents);
    }
    for item in items {
        let about = item.focus.as_ref().and_then(|focus| included.get(&focus.to_string()));
        let Some(about) = about else { continue };
        item.flag = worst(about, &included);
        item.code = concept::code_of(about.root().get("code")).unwrap_or_default();
        if item.what != What::Task {
            item.title = promise::words(about.root());
        }
    }
    Ok(())
}

/// The worst flag of a result and its parts.
fn worst(about: &Document, included: &HashMap<String, Document>) -> Flag {
    let members = about.root().each_of("result").filter_map(|one| {
        let reference = one.get_str("reference")?;
        included.get(&*reference)
    });
    let flags = members.chain([about]).flat_map(observation::values).map(|value| value.flag);
    flags.max_by_key(|flag| flag.urgency()).unwrap_or_default()
}

fn focus(session: &Session, task: Node<'_>) -> Option<ResourceKey> {
    let reference = task.get("focus")?.get_str("reference")?;
    record::links::local_key(&reference, session.record().base_url())
}

fn owner_words(owner: Node<'_>) -> String {
    let words = owner.get_str("display").or_else(|| owner.get_str("reference"));
    words.unwrap_or_default().into_owned()
}

fn note(node: Node<'_>) -> Note {
    let author = node.at_path(&["authorReference", "display"]).and_then(Node::as_str);
    Note {
        time: node.get_str("time").unwrap_or_default().into_owned(),
        author: author.or_else(|| node.get_str("authorString")).unwrap_or_default().into_owned(),
        text: node.get_str("text").unwrap_or_default().into_owned(),
    }
}

/// A patient of whom nothing but the id is known yet.
fn named_only(id: &str) -> Banner {
    let document = fhir::object! { "resourceType" => "Patient", "id" => id }.to_document();
    Banner::read(&document, 0)
}

/// Looks up who the patients are. Who may not be seen stays without a name.
fn name_patients(session: &Session, items: &mut [Item]) -> Result<(), Error> {
    const AT_ONCE: usize = 100;
    let now_ms = session.record().now_ms();
    let mut ids: Vec<String> =
        items.iter().filter_map(|item| Some(item.patient.as_ref()?.id.clone())).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut banners: HashMap<String, Banner> = HashMap::new();
    for ids in ids.chunks(AT_ONCE) {
        let asked = [("_id", &*ids.join(",")), ("_count", "100")];
        let found = session.find(resource_type("Patient"), &asked)?;
        let documents = found.matches.iter().filter_map(Resource::document);
        banners.extend(
            documents.map(|one| Banner::read(&one, now_ms)).map(|banner| (banner.id.clone(), banner)),
        );
    }
    for item in items {
        if let Some(patient) = &mut item.patient
            && let Some(banner) = banners.get(&patient.id)
        {
            *patient = banner.clone();
        }
    }
    Ok(())
}

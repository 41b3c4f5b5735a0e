//! Orders of a note: laboratory, imaging, referral, procedure, and to come again.

use crate::note::command::Entry;
use crate::note::laboratory_test::{self, LaboratoryTest};
use crate::typed_date;
use fhir::date_time::{CalendarUnit, Date};
use fhir::decimal::Decimal;

/// What kind of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// Tests of a laboratory.
    Laboratory,
    /// Pictures.
    Imaging,
    /// To be seen by somebody else.
    Referral,
    /// Something that is done to the patient.
    Procedure,
    /// To come again.
    Return,
}

/// Of each kind: its name, and the category of its ServiceRequest (SNOMED CT code and words; US Core ServiceRequest
/// category). SNOMED CT is copyright International Health Terminology Standards Development Organisation.
const KINDS: [(&str, (&str, &str)); 5] = [
    ("Laboratory", ("108252007", "Laboratory procedure")),
    ("Imaging", ("363679005", "Imaging")),
    ("Referral", ("3457005", "Patient referral")),
    ("Procedure", ("387713003", "Surgical procedure")),
    ("Return", ("390906007", "Follow-up encounter")),
];

impl OrderKind {
    /// All, in their order.
    pub const ALL: [Self; 5] =
        [Self::Laboratory, Self::Imaging, Self::Referral, Self::Procedure, Self::Return];

    /// Its name.
    pub fn name(self) -> &'static str {
        KINDS[self as usize].0
    }

    /// The category of its ServiceRequest: code and words.
    pub fn category(self) -> (&'static str, &'static str) {
        KINDS[self as usize].1
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Of what kind.
    pub kind: OrderKind,
    /// What is ordered: several of a laboratory, one of all others.
    pub items: Vec<Item>,
    /// How soon.
    pub priority: Priority,
    /// When; `None`: now.
    pub after: Option<Interval>,
    /// What else to know; empty when there is nothing.
    pub remark: String,
}

/// Something that is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is called.
    pub name: String,
    /// The test, of a laboratory, when it is a known one.
    pub test: Option<&'static LaboratoryTest>,
}

/// How soon (FHIR `request-priority`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// In its turn.
    Routine,
    /// Before those.
    Urgent,
    /// As soon as can be.
    Asap,
    /// At once.
    Stat,
}

const PRIORITIES: [(&str, Priority); 4] = [
    ("routine", Priority::Routine),
    ("urgent", Priority::Urgent),
    ("asap", Priority::Asap),
    ("stat", Priority::Stat),
];

impl Priority {
    /// Its code, which is its word.
    pub fn code(self) -> &'static str {
        PRIORITIES[self as usize].0
    }
}

/// So long from the day of the visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// How many.
    pub count: u16,
    /// Of which.
    pub unit: CalendarUnit,
}

impl Interval {
    /// Reads one such as `3 months`, `3m` or `in 2 weeks`.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let text = text.strip_prefix("in ").unwrap_or(&text).trim();
        let end = text.find(|one: char| !one.is_ascii_digit())?;
        let count = text[..end].parse().ok().filter(|count| (1..=999).contains(count))?;
        Some(Self { count, unit: typed_date::unit_of(text[end..].trim())? })
    }

    /// In words, such as `3 months`.
    pub fn text(self) -> String {
        let plural = if self.count == 1 { "" } else { "s" };
        format!("{} {}{plural}", self.count, typed_date::unit_name(self.unit))
    }

    /// The day that is so long after a day, such as `2026-11-27`; `None` when there is no such day.
    pub fn after(self, day: &str) -> Option<String> {
        let day = Date::parse(day).ok()?.add(Decimal::from(i64::from(self.count)), self.unit)?;
        Some(day.to_string())
    }
}

/// Reads an order: what, then parts behind semicolons, each a priority, a time or a remark.
pub fn read(kind: OrderKind, text: &str) -> Result<Entry, String> {
    let mut parts = text.split(';').map(str::trim);
    let what = parts.next().unwrap_or_default();
    let mut order = Order {
        kind,
        items: items(kind, what),
        priority: Priority::Routine,
        after: None,
        remark: String::new(),
    };
    if order.items.is_empty() {
        return Err(match kind {
            OrderKind::Laboratory => "write the tests, such as /lab a1c, lipids; in 3 months",
            OrderKind::Imaging => "write what is to be pictured, such as /img chest x-ray",
            OrderKind::Referral => "write to whom, such as /ref cardiology; chest pain on exertion",
            OrderKind::Procedure => "write what is to be done, such as /proc ear irrigation, left",
            OrderKind::Return => "write when, such as /rtc 3 months",
        }
        .to_owned());
    }
    let mut remarks = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let priority = PRIORITIES.iter().find(|(word, _)| part.eq_ignore_ascii_case(word));
        match (priority, Interval::read(part)) {
            (Some((_, priority)), _) => order.priority = *priority,
            (None, Some(interval)) => order.after = Some(interval),
            (None, None) => remarks.push(part),
        }
    }
    order.remark = remarks.join("; ");
    Ok(Entry::Order(order))
}

/// Reads when to come again, and what for.
pub fn read_return(text: &str) -> Result<Entry, String> {
    let (when, remark) = text.split_once(';').unwrap_or((text, ""));
    let Some(after) = Interval::read(when) else {
        return Err("write in how long, such as /rtc 3 months or /rtc 2w; blood pressure".to_owned());
    };
    let items = vec![Item { name: "Return visit".to_owned(), test: None }];
    let remark = remark.trim().to_owned();
    Ok(Entry::Order(Order {
        kind: OrderKind::Return,
        items,
        priority: Priority::Routine,
        after: Some(after),
        remark,
    }))
}

fn items(kind: OrderKind, what: &str) -> Vec<Item> {
    let item = |name: &str| {
        let test = laboratory_test::named(name).filter(|_| kind == OrderKind::Laboratory);
        Item { name: test.map_or(name, |test| test.name).to_owned(), test }
    };
    let names: Vec<&str> = match kind {
        OrderKind::Laboratory => what.split(',').collect(),
        _ => vec![what],
    };
    names.into_iter().map(str::trim).filter(|name| !name.is_empty()).map(item).collect()
}

impl Order {
    /// The order in words, as it stands in the signed note.
    pub fn text(&self) -> String {
        let names: Vec<&str> = self.items.iter().map(|item| item.name.as_str()).collect();
        let mut text = match self.kind {
            OrderKind::Return => "Return".to_owned(),
            kind => format!("{}: {}", kind.name(), names.join(", ")),
        };
        if self.priority != Priority::Routine {
            text.push_str(&format!(", {}", self.priority.code()));
        }
        if let Some(after) = self.after {
            text.push_str(&format!(" in {}", after.text()));
        }
        match self.remark.as_str() {
            "" => text,
            remark => format!("{text} ({remark})"),
        }
    }
}

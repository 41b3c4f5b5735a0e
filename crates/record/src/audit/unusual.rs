//! Looks that are out of the ordinary (45 CFR 164.308(a)(1)(ii)(D), 164.312(b)): at one's own record, one's household's, a
//! namesake's, a known person's, at night, at very many. Most have a good reason; each is for somebody to look at.

use super::entry::{Entry, Extent};
use super::{audit_event, patient};
use crate::error::Error;
use crate::session::Session;
use access::Interaction;
use fhir::schema::schema;
use fhir::{Document, Node};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use store::ResourceKey;

/// Why looks are out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// A member of staff looked at their own record.
    OwnRecord,
    /// The patient lives where they live, or names them as a contact.
    Household,
    /// The patient bears their surname.
    SameSurname,
    /// The patient's record bears the label of a known person (v3-ActCode VIP or CEL).
    KnownPerson,
    /// The look was outside of the hours of work, or at a weekend.
    AfterHours,
    /// They opened the records of very many patients in a day.
    ManyPatients,
}

/// What counts as usual.
#[derive(Clone, Debug)]
pub struct Usual {
    /// Hours of the day on the practice's wall.
    pub hours: Range<u8>,
    /// Patients whose records somebody opens in a day.
    pub patients_per_day: usize,
    /// Day since 1970, weekday (0 is Monday) and hour of a moment on the practice's wall.
    pub wall: fn(i64) -> (i64, u8, u8),
}

/// Looks of one person that are out of the ordinary for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Why.
    pub oddity: Oddity,
    /// Who looked: the id that stands for them, and their name.
    pub who: String,
    /// The name that they had.
    pub name: String,
    /// Whose record; empty: of several patients.
    pub patient: String,
    /// How many patients' records.
    pub patients: usize,
    /// How many looks.
    pub looks: usize,
    /// The first and the last of them, in milliseconds since 1970.
    pub first_ms: i64,
    /// The last.
    pub last_ms: i64,
}

/// Ways by which people look: pages, and apps that act for them.
const WAYS: [&str; 2] = ["page", "rest"];

/// Labels of known persons.
const KNOWN: [&str; 2] = ["VIP", "CEL"];

impl Session {
    /// Looks in a span of time (milliseconds since 1970) that are out of the ordinary: for those who see the audit log.
    pub fn unusual_looks(&self, span: &Range<i64>, usual: &Usual) -> Result<(Vec<Finding>, Extent), Error> {
        self.authorise(Interaction::Search, audit_event())?;
        let mut looks = Looks::default();
        let extent = self.audit_entries(span, "", |entry| {
            looks.take(entry, usual);
            true
        })?;
        let findings = looks.findings(self, usual)?;
        self.audit_report("everybody", "looks out of the ordinary")?;
        Ok((findings, extent))
    }

    /// Somebody of the record as they are now, for a comparison with others; what is gone is compared with nobody.
    fn personal(&self, reference: &str) -> Result<Option<Personal>, Error> {
        let Some((type_name, id)) = reference.split_once('/') else { return Ok(None) };
        let Some(type_id) = schema().resource_named(type_name) else { return Ok(None) };
        let Some(version) = self.record.store.read(&ResourceKey::new(type_id, id))? else { return Ok(None) };
        let Some(document) = version.document()? else { return Ok(None) };
        let root = document.root();
        if type_name == "PractitionerRole" {
            let practitioner = root.get("practitioner").and_then(|one| one.get_str("reference"));
            let practitioner = practitioner.filter(|reference| reference.starts_with("Practitioner/"));
            return practitioner.map_or(Ok(None), |reference| self.personal(&reference));
        }
        Ok(Some(Personal::of(document)))
    }
}

/// When somebody looked.
#[derive(Clone, Copy, Debug)]
struct Span {
    looks: usize,
    first_ms: i64,
    last_ms: i64,
}

impl Span {
    fn add(&mut self, time_ms: i64) {
        self.looks += 1;
        self.first_ms = self.first_ms.min(time_ms);
        self.last_ms = self.last_ms.max(time_ms);
    }
}

/// A day's looks of one person.
#[derive(Debug, Default)]
struct Day {
    span: Option<Span>,
    patients: BTreeSet<String>,
}

impl Day {
    fn add(&mut self, patient: &str, time_ms: i64) {
        add(&mut self.span, time_ms);
        self.patients.insert(patient.to_owned());
    }
}

fn add(span: &mut Option<Span>, time_ms: i64) {
    span.get_or_insert(Span { looks: 0, first_ms: time_ms, last_ms: time_ms }).add(time_ms);
}

/// Looks of a span of time, counted.
#[derive(Debug, Default)]
struct Looks {
    /// Who looks: name, and who they are in the record.
    people: BTreeMap<String, (String, String)>,
    /// By who and patient.
    pairs: BTreeMap<(String, String), Option<Span>>,
    /// By who and day: at any time, and outside of the hours of work.
    days: BTreeMap<(String, i64), Day>,
    nights: BTreeMap<(String, i64), Day>,
}

impl Looks {
    /// Takes a look at one patient's record; a list of many is none.
    fn take(&mut self, entry: Entry, usual: &Usual) {
        let is_look = entry.is_done && ["R", "S"].contains(&entry.done.as_str());
        let is_by_program = entry.person.is_empty() && !entry.app.is_empty();
        let is_by_staff = WAYS.contains(&entry.way.as_str()) && !entry.is_by_patient() && !is_by_program;
        let [patient] = entry.patients.as_slice() else { return };
        if !is_look || !is_by_staff {
            return;
        }
        let (day, weekday, hour) = (usual.wall)(entry.time_ms);
        add(self.pairs.entry((entry.who.clone(), patient.clone())).or_default(), entry.time_ms);
        self.days.entry((entry.who.clone(), day)).or_default().add(patient, entry.time_ms);
        if weekday >= 5 || !usual.hours.contains(&hour) {
            self.nights.entry((entry.who.clone(), day)).or_default().add(patient, entry.time_ms);
        }
        self.people.entry(entry.who).or_insert((entry.name, entry.person));
    }

    fn findings(&self, session: &Session, usual: &Usual) -> Result<Vec<Finding>, Error> {
        let mut found = self.by_patient(session)?;
        for (days, oddity, least) in [
            (&self.nights, Oddity::AfterHours, 1),
            (&self.days, Oddity::ManyPatients, usual.patients_per_day.saturating_add(1)),
        ] {
            for ((who, _), day) in days.iter().filter(|(_, day)| day.patients.len() >= least) {
                found.extend(day.span.map(|span| self.finding(oddity, who, span, &day.patients)));
            }
        }
        found.sort_by_key(|one| (one.oddity, std::cmp::Reverse(one.last_ms)));
        Ok(found)
    }

    fn by_patient(&self, session: &Session) -> Result<Vec<Finding>, Error> {
        let mut patients: HashMap<&str, Option<Personal>> = HashMap::new();
        let mut staff: HashMap<&str, Option<Personal>> = HashMap::new();
        let mut found = Vec::new();
        for ((who, patient_id), span) in &self.pairs {
            if !patients.contains_key(patient_id.as_str()) {
                let reference = format!("{}/{patient_id}", patient().name());
                patients.insert(patient_id, session.personal(&reference)?);
            }
            if !staff.contains_key(who.as_str()) {
                let (name, person) = &self.people[who];
                let known = session.personal(person)?;
                staff.insert(who, known.or_else(|| Personal::named(name)));
            }
            let Some(Some(patient)) = patients.get(patient_id.as_str()) else { continue };
            let oddities = patient.oddities(staff[who.as_str()].as_ref());
            let one = BTreeSet::from([patient_id.clone()]);
            found.extend(
                oddities
                    .into_iter()
                    .filter_map(|oddity| span.map(|span| self.finding(oddity, who, span, &one))),
            );
        }
        Ok(found)
    }

    fn finding(&self, oddity: Oddity, who: &str, span: Span, patients: &BTreeSet<String>) -> Finding {
        let Span { looks, first_ms, last_ms } = span;
        let one = patients.first().filter(|_| patients.len() == 1);
        Finding {
            oddity,
            who: who.to_owned(),
            name: self.people.get(who).map(|(name, _)| name.clone()).unwrap_or_default(),
            patient: one.cloned().unwrap_or_default(),
            patients: patients.len(),
            looks,
            first_ms,
            last_ms,
        }
    }
}

/// What people are compared by.
#[derive(Debug, Default)]
struct Personal {
    families: BTreeSet<String>,
    /// Family and first given names together.
    names: BTreeSet<(String, String)>,
    birth_date: String,
    /// First line and postal code of addresses.
    homes: BTreeSet<(String, String)>,
    /// The names of those to call.
    contacts: BTreeSet<(String, String)>,
    is_known: bool,
}

impl Personal {
    fn of(document: &Document) -> Self {
        let root = document.root();
        let text = |name: &str| root.get_str(name).unwrap_or_default().into_owned();
        let names: BTreeSet<_> = root.each_of("name").filter_map(full_name).collect();
        let labels = root.get("meta").map(|meta| meta.each_of("security").collect::<Vec<_>>());
        let is_known = labels
            .unwrap_or_default()
            .iter()
            .any(|label| label.get_str("code").is_some_and(|code| KNOWN.contains(&&*code)));
        Self {
            families: root.each_of("name").filter_map(|name| plain(&name.get_str("family")?)).collect(),
            names,
            birth_date: text("birthDate"),
            homes: root.each_of("address").filter_map(home).collect(),
            contacts: root.each_of("contact").filter_map(|contact| full_name(contact.get("name")?)).collect(),
            is_known,
        }
    }

    /// Somebody of whom nothing is known but the name that they sign in under: titles before, family name at the end.
    fn named(name: &str) -> Option<Self> {
        let family = plain(name.split(',').next()?.split_whitespace().next_back()?)?;
        Some(Self { families: BTreeSet::from([family]), ..Self::default() })
    }

    /// What is out of the ordinary when somebody looks at this patient's record: of what they have in common, the nearest.
    fn oddities(&self, staff: Option<&Self>) -> Vec<Oddity> {
        let mut found: Vec<Oddity> = staff.and_then(|staff| self.in_common(staff)).into_iter().collect();
        if self.is_known {
            found.push(Oddity::KnownPerson);
        }
        found
    }

    fn in_common(&self, staff: &Self) -> Option<Oddity> {
        let (mine, theirs) = (&self.birth_date, &staff.birth_date);
        let may_be_one = mine.is_empty() || theirs.is_empty() || mine == theirs;
        if may_be_one && !self.names.is_disjoint(&staff.names) {
            return Some(Oddity::OwnRecord);
        }
        if !self.homes.is_disjoint(&staff.homes) || !self.contacts.is_disjoint(&staff.names) {
            return Some(Oddity::Household);
        }
        (!self.families.is_disjoint(&staff.families)).then_some(Oddity::SameSurname)
    }
}

/// Family name and first given name, in plain letters.
fn full_name(name: Node<'_>) -> Option<(String, String)> {
    let given = name.each_of("given").find_map(|given| plain(&given.as_str()?))?;
    Some((plain(&name.get_str("family")?)?, given))
}

/// First line and postal code, in plain letters.
fn home(address: Node<'_>) -> Option<(String, String)> {
    let line = address.each_of("line").find_map(|line| plain(&line.as_str()?))?;
    Some((line, plain(&address.get_str("postalCode")?)?))
}

/// Letters and digits as searches compare them; `None` when there are none.
fn plain(text: &str) -> Option<String> {
    let plain = search::fold(text.trim()).into_owned();
    (!plain.is_empty()).then_some(plain)
}

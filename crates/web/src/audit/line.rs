//! A line of the audit log, and its columns.

use crate::moment;
use base64::Engine;
use fhir::date_time::DateTime;
use fhir::{Document, Node};
use std::cmp::Ordering;
use std::fmt::Write;

/// A line of the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// Who: name, and the id that stands for them.
    pub who: String,
    pub who_id: String,
    /// What was done, in a word.
    pub action: &'static str,
    /// The patients it was about: id, and name where it is known.
    pub patients: Vec<(String, String)>,
    /// What was touched or asked.
    pub what: String,
    /// From which address, and by which way.
    pub address: String,
    pub way: String,
    /// The id of the app that acted for them; empty: none.
    pub app: String,
    /// How it ended, in a word; empty when it was done.
    pub outcome: &'static str,
}

/// Codes of AuditEvent.action and subtype, and what people call it.
const ACTIONS: [(&str, &str); 9] = [
    ("create", "created"),
    ("read", "read"),
    ("update", "changed"),
    ("delete", "deleted"),
    ("search", "searched"),
    ("transaction", "changed several"),
    ("operation", "did"),
    ("110137", "changed who may sign in"),
    ("disclose", "gave to others"),
];

const OUTCOMES: [(&str, &str); 3] = [("0", ""), ("4", "not done"), ("8", "refused")];

/// Names of resources on a line before the rest is counted.
const NAMED: usize = 3;

impl Line {
    /// Reads an AuditEvent; `None` when it says nothing of when.
    pub fn of(event: &Document) -> Option<Self> {
        let root = event.root();
        let text = |node: Node<'_>, name: &str| node.get_str(name).map(std::borrow::Cow::into_owned);
        let recorded = DateTime::parse_lenient(&root.get_str("recorded")?).ok()?;
        let agent = root.each_of("agent").next();
        let app = root.each_of("agent").skip(1).find_map(|agent| text(agent, "altId"));
        let kind = root.each_of("subtype").next().or_else(|| root.get("type"));
        let subtype = kind.and_then(|one| text(one, "code")).unwrap_or_default();
        let word = |table: &'static [(&str, &'static str)], code: &str| {
            table.iter().find(|(known, _)| *known == code).map_or("did", |(_, word)| *word)
        };
        let outcome = text(root, "outcome").unwrap_or_default();
        let network = agent.and_then(|agent| agent.get("network"));
        let source = root.get("source").and_then(|source| source.each_of("type").next());
        let mut line = Self {
            time_ms: recorded.range_ms(0).0,
            who: agent.and_then(|agent| text(agent, "name")).unwrap_or_default(),
            who_id: agent.and_then(|agent| text(agent, "altId")).unwrap_or_default(),
            action: word(&ACTIONS, &subtype),
            address: network.and_then(|network| text(network, "address")).unwrap_or_default(),
            way: source.and_then(|source| text(source, "display")).unwrap_or_default(),
            app: app.unwrap_or_default(),
            outcome: word(&OUTCOMES, &outcome),
            ..Self::default()
        };
        line.take_entities(root);
        Some(line)
    }

    fn take_entities(&mut self, root: Node<'_>) {
        let mut named = Vec::new();
        for entity in root.each_of("entity") {
            let reference = entity.get("what").and_then(|what| what.get_str("reference"));
            if let Some(reference) = reference {
                match reference.strip_prefix("Patient/") {
                    Some(id) => self.patients.push((id.to_owned(), String::new())),
                    None => named.push(reference.into_owned()),
                }
            } else if let Some(name) = entity.get_str("name") {
                named.push(name.into_owned());
            } else if let Some(query) = entity.get_str("query") {
                let decoded = base64::engine::general_purpose::STANDARD.decode(&*query).unwrap_or_default();
                named.push(String::from_utf8_lossy(&decoded).into_owned());
            }
        }
        let more = named.len().saturating_sub(NAMED);
        named.truncate(NAMED);
        self.what = named.join(", ");
        if more > 0 {
            let _ = write!(self.what, " and {more} more");
        }
    }

    /// When, on the practice's wall.
    pub fn when(&self) -> String {
        moment::day_and_time(self.time_ms)
    }

    /// The names of the patients, or their ids.
    pub fn patient_names(&self) -> String {
        let one = |(id, name): &(String, String)| if name.is_empty() { id.clone() } else { name.clone() };
        self.patients.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// A column of the log.
pub(crate) struct Column {
    /// Its name in addresses.
    pub name: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// What it is sorted by.
    value: fn(&Line) -> String,
}

/// The columns, each of which can be sorted by.
pub(crate) const COLUMNS: [Column; 8] = [
    Column { name: "when", title: "When", value: |line| format!("{:020}", line.time_ms) },
    Column { name: "who", title: "Who", value: |line| line.who.to_lowercase() },
    Column { name: "did", title: "Did", value: |line| line.action.to_owned() },
    Column { name: "patient", title: "Patient", value: |line| line.patient_names().to_lowercase() },
    Column { name: "what", title: "What", value: |line| line.what.clone() },
    Column { name: "address", title: "From", value: |line| line.address.clone() },
    Column { name: "way", title: "By", value: |line| line.way.clone() },
    Column { name: "outcome", title: "Outcome", value: |line| line.outcome.to_owned() },
];

impl Column {
    /// The column of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        COLUMNS.iter().find(|column| column.name == name)
    }

    /// The order of two lines by it; of the same, the newer one first.
    pub fn compare(&self, one: &Line, two: &Line) -> Ordering {
        (self.value)(one).cmp(&(self.value)(two)).then(two.time_ms.cmp(&one.time_ms))
    }
}

/// Lines as comma-separated values (RFC 4180), times in UTC. What could be taken for a formula by a program for tables has an
/// apostrophe before it.
pub(crate) fn to_csv(lines: &[Line]) -> String {
    let mut text = String::from("when,who,who id,app,did,patients,what,from,by,outcome\r\n");
    for line in lines {
        let when = record::resource::instant(line.time_ms).to_string();
        let cells = [
            when.as_str(),
            &line.who,
            &line.who_id,
            &line.app,
            line.action,
            &line.patient_names(),
            &line.what,
            &line.address,
            &line.way,
            line.outcome,
        ];
        text.push_str(&csv_row(&cells));
    }
    text
}

/// A row of comma-separated values, with its end.
pub(crate) fn csv_row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn csv_cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t']) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) || !guard.is_empty() {
        return format!("\"{guard}{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(csv_cell("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(csv_cell("=1+1"), "\"'=1+1\"");
    }

    #[test]
    fn an_event_is_a_line() {
        let event = Document::parse(
            r#"{"resourceType":"AuditEvent","recorded":"2026-11-26T09:00:00Z","outcome":"8","subtype":[{"code":"read"}],
            "agent":[{"altId":"a","name":"Ann","network":{"address":"192.0.2.1"}}],
            "entity":[{"what":{"reference":"Patient/p"}},{"what":{"reference":"Observation/1"}},{"query":"YT1i"}]}"#,
        )
        .unwrap();
        let line = Line::of(&event).unwrap();
        assert_eq!(
            (line.action, line.outcome, line.what.as_str()),
            ("read", "refused", "Observation/1, a=b")
        );
        assert_eq!(line.patient_names(), "p");
    }
}

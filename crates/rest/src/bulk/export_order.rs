//! What an export is asked for: its parameters, read and checked, and the searches that they mean.

use crate::failure::Failure;
use crate::inputs::Inputs;
use crate::parameters::Parameters;
use crate::subset::Subset;
use axum::http::StatusCode;
use fhir::date_time::Instant;
use fhir::schema::{TypeId, schema};
use fhir::{Object, Value};
use record::{Resource, Session};
use search::compartment::{patients_of, types_in};
use search::parse::{Handling, Request};
use search::query::Clause;
use std::collections::BTreeSet;

/// Resources that are in memory at a time.
const PAGE: &str = "250";

/// The names of the one format (bulk data export, `_outputFormat`).
const FORMATS: [&str; 3] = ["application/fhir+ndjson", "application/ndjson", "ndjson"];

/// Left out unless `_type` names it: it tells of this installation, and grows by the export itself.
const AUDIT_LOG: &str = "AuditEvent";

/// Parameters of searches that mean nothing for an export, or have a parameter of their own there.
const NO_FILTERS: [&str; 9] =
    ["_include", "_revinclude", "_sort", "_count", "_cursor", "_elements", "_summary", "_total", "_type"];

/// An export as it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExportOrder {
    /// The URL that it was asked for by.
    pub request: String,
    /// Whose resources.
    pub whose: Whose,
    /// Of which types; never empty.
    pub types: Vec<TypeId>,
    /// True when the types were named, not taken as all that there are.
    is_by_name: bool,
    /// Only resources changed at or after this instant.
    since: Option<String>,
    filters: Vec<Filter>,
    /// The elements shown, each behind a type and a dot, or for every type.
    elements: Vec<String>,
}

/// Whose resources are exported.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Whose {
    /// Everything.
    System,
    /// What belongs to any patient.
    AllPatients,
    /// What belongs to these patients, by their ids.
    Patients(BTreeSet<String>),
}

/// A search that resources of its type must match.
#[derive(Clone, Debug, PartialEq)]
struct Filter {
    type_id: TypeId,
    /// The parameters, as in a URL.
    query: String,
}

impl ExportOrder {
    /// Reads the parameters. `elements` has those of the URL, which are the presentation's elsewhere.
    pub fn read(
        request: String,
        whose: Whose,
        inputs: &Inputs,
        elements: Vec<String>,
    ) -> Result<Self, Failure> {
        inputs.texts("_outputFormat").try_for_each(check_format)?;
        let named = listed(inputs.texts("_type"));
        let may_be_named = whose.types();
        let types =
            named.iter().map(|name| type_named(name, &may_be_named)).collect::<Result<Vec<_>, _>>()?;
        let is_by_name = !types.is_empty();
        let types: Vec<TypeId> = match is_by_name {
            true => types.into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
            false => may_be_named.into_iter().filter(|type_id| type_id.name() != AUDIT_LOG).collect(),
        };
        let filters = inputs.texts("_typeFilter").flat_map(split_filters);
        let filters = filters.map(|text| Filter::read(text, &types)).collect::<Result<_, _>>()?;
        let since = inputs.text("_since").map(read_since).transpose()?;
        let given = elements.iter().map(String::as_str).chain(inputs.texts("_elements"));
        let elements = listed(given).into_iter().map(str::to_owned).collect();
        Ok(Self { request, whose, types, is_by_name, since, filters, elements })
    }

    /// Refuses what the actor may not export, and searches that are not understood; types that were not named are left
    /// out instead.
    pub fn narrow(&mut self, session: &Session) -> Result<(), Failure> {
        let refused = self.types.first().copied();
        if !self.is_by_name {
            self.types.retain(|type_id| session.may_export(*type_id) && session.may_search(*type_id));
        }
        if let (true, Some(refused)) = (self.types.is_empty(), refused) {
            session.check_export(refused)?;
        }
        for type_id in &self.types {
            session.check_export(*type_id)?;
            session.check_search(&self.search(session, *type_id, None)?)?;
        }
        Ok(())
    }

    /// The patients whose compartments are searched one after another; `None`: no compartment.
    pub fn compartments(&self) -> Vec<Option<&str>> {
        match &self.whose {
            Whose::System | Whose::AllPatients => vec![None],
            Whose::Patients(ids) => ids.iter().map(|id| Some(id.as_str())).collect(),
        }
    }

    /// The search for resources of a type, in the compartment of a patient.
    pub fn search(
        &self,
        session: &Session,
        type_id: TypeId,
        patient: Option<&str>,
    ) -> Result<Request, record::Error> {
        let mut pairs = vec![("_count".to_owned(), PAGE.to_owned())];
        pairs.extend(self.since.iter().map(|since| ("_lastUpdated".to_owned(), format!("ge{since}"))));
        let compartment = patient.map(|id| (patient_type(), id));
        let mut request = session.parse_search(Some(type_id), compartment, &pairs, Handling::Strict)?;
        let mut filters = Vec::new();
        for filter in self.filters.iter().filter(|filter| filter.type_id == type_id) {
            let pairs = Parameters::parse(&filter.query).0;
            let one = session.parse_search(Some(type_id), None, &pairs, Handling::Strict)?;
            request.kept.extend(one.kept);
            filters.push(Clause::All(one.query.clauses));
        }
        if !filters.is_empty() {
            request.query.clauses.push(Clause::Any(filters));
        }
        Ok(request)
    }

    /// Whether a resource that the search in a compartment found belongs into the export, there. One that belongs to
    /// several patients is exported with the first of them.
    pub fn has(&self, resource: &Resource, patient: Option<&str>, base_url: &str) -> bool {
        match (&self.whose, patient) {
            (Whose::Patients(ids), Some(patient)) => {
                let owners = owners(resource, base_url);
                owners.iter().filter(|id| ids.contains(*id)).all(|id| id.as_str() >= patient)
            }
            _ => self.had(resource, base_url),
        }
    }

    /// Whether a resource belongs to those whose resources are exported.
    pub fn had(&self, resource: &Resource, base_url: &str) -> bool {
        match &self.whose {
            Whose::System => true,
            Whose::AllPatients => !owners(resource, base_url).is_empty(),
            Whose::Patients(ids) => owners(resource, base_url).iter().any(|id| ids.contains(id)),
        }
    }

    /// The moment since which changes are asked for, in milliseconds since 1970.
    pub fn since_ms(&self) -> Option<i64> {
        Some(Instant::parse(self.since.as_ref()?).ok()?.ms())
    }

    /// Which parts of resources of a type are exported.
    pub fn subset(&self, type_id: TypeId) -> Result<Subset, Failure> {
        let is_of_type = |name: &&String| match name.split_once('.') {
            Some((first, _)) if first.starts_with(|c: char| c.is_ascii_uppercase()) => {
                first == type_id.name()
            }
            _ => true,
        };
        let elements = self.elements.iter().filter(is_of_type);
        Subset::read(&Parameters(elements.map(|name| ("_elements".to_owned(), name.clone())).collect()))
    }

    /// As a job keeps it.
    pub fn to_value(&self) -> Value {
        let mut kept = Object::new();
        kept.set("request", self.request.as_str());
        kept.set("types", self.types.iter().map(|type_id| type_id.name()).collect::<Vec<_>>());
        kept.set("is_by_name", self.is_by_name);
        match &self.whose {
            Whose::System => kept.set("whose", "system"),
            Whose::AllPatients => kept.set("whose", "patients"),
            Whose::Patients(ids) => kept.set("whose", ids.iter().map(String::as_str).collect::<Vec<_>>()),
        }
        if let Some(since) = &self.since {
            kept.set("since", since.as_str());
        }
        let filters = self.filters.iter().map(|filter| format!("{}?{}", filter.type_id.name(), filter.query));
        kept.set("filters", filters.collect::<Vec<_>>());
        kept.set("elements", self.elements.clone());
        kept.into()
    }

    /// Reads what a job keeps; `None` when it is of no export.
    pub fn of_value(kept: &Value) -> Option<Self> {
        let texts = |value: &Value| -> Option<Vec<String>> {
            value.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
        };
        let list = |name: &str| texts(kept.get(name)?);
        let types: Vec<TypeId> =
            list("types")?.iter().map(|name| schema().resource_named(name)).collect::<Option<_>>()?;
        let whose = kept.get("whose")?;
        let whose = match whose.as_str() {
            Some("system") => Whose::System,
            Some(_) => Whose::AllPatients,
            None => Whose::Patients(texts(whose)?.into_iter().collect()),
        };
        Some(Self {
            request: kept.get("request")?.as_str()?.to_owned(),
            whose,
            is_by_name: *kept.get("is_by_name")? == Value::from(true),
            since: kept.get("since").and_then(Value::as_str).map(str::to_owned),
            filters: list("filters")?
                .iter()
                .map(|text| Filter::read(text, &types).ok())
                .collect::<Option<_>>()?,
            elements: list("elements")?,
            types,
        })
    }
}

impl Whose {
    /// The types that there can be.
    fn types(&self) -> Vec<TypeId> {
        match self {
            Self::System => schema().resources().collect(),
            Self::AllPatients | Self::Patients(_) => types_in(patient_type()),
        }
    }
}

impl Filter {
    fn read(text: &str, types: &[TypeId]) -> Result<Self, Failure> {
        let wrong = |how: String| Failure::parameter("_typeFilter", how);
        let (name, query) = text.split_once('?').ok_or_else(|| {
            wrong("write a search of a type, such as Observation?category=laboratory".to_owned())
        })?;
        let type_id = types.iter().find(|type_id| type_id.name() == name).copied();
        let type_id = type_id.ok_or_else(|| wrong(format!("'{name}' is no type that is exported here")))?;
        let names = Parameters::parse(query).0.into_iter().map(|(name, _)| name);
        let plain = |name: &String| name.split(':').next().unwrap_or_default().to_owned();
        match names.into_iter().find(|name| NO_FILTERS.contains(&plain(name).as_str())) {
            Some(name) => Err(wrong(format!("leave out {name}: it filters nothing"))),
            None => Ok(Self { type_id, query: query.to_owned() }),
        }
    }
}

/// The type of patients.
pub(crate) fn patient_type() -> TypeId {
    schema().resource_named("Patient").expect("the schema has Patient")
}

/// The patients that a resource belongs to.
fn owners(resource: &Resource, base_url: &str) -> Vec<String> {
    let document = resource.document();
    document.map_or(Vec::new(), |document| patients_of(resource.key().type_id, &document, base_url))
}

/// What stands in lists with commas.
fn listed<'a>(lists: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    lists.flat_map(|list| list.split(',')).map(str::trim).filter(|one| !one.is_empty()).collect()
}

fn type_named(name: &str, may_be_named: &[TypeId]) -> Result<TypeId, Failure> {
    let found = may_be_named.iter().find(|type_id| type_id.name() == name);
    found.copied().ok_or_else(|| {
        Failure::parameter("_type", format!("'{name}' is no type of resource that can be exported here"))
    })
}

fn check_format(name: &str) -> Result<(), Failure> {
    // A plus sign that was not escaped arrives as a blank.
    match FORMATS.contains(&name.replace("fhir ", "fhir+").as_str()) {
        true => Ok(()),
        false => Err(Failure::new(
            StatusCode::BAD_REQUEST,
            "not-supported",
            format!("exports cannot be written as '{name}'"),
        )
        .mended_by(format!("leave it out, or write {}", FORMATS[0]))
        .at("http._outputFormat")),
    }
}

fn read_since(text: &str) -> Result<String, Failure> {
    let text = text.replace(' ', "+");
    match Instant::parse(&text) {
        Ok(_) => Ok(text),
        Err(_) => Err(Failure::parameter("_since", "write an instant, such as 2026-01-31T08:00:00Z")),
    }
}

/// The searches of a list. A comma divides them only where another type follows: values have commas too.
fn split_filters(list: &str) -> Vec<&str> {
    let begins_one = |rest: &str| {
        let name = rest.split('?').next().unwrap_or_default();
        name.len() < rest.len() && schema().resource_named(name).is_some()
    };
    let mut found = Vec::new();
    let mut from = 0;
    for (at, _) in list.match_indices(',') {
        if begins_one(&list[at + 1..]) {
            found.push(&list[from..at]);
            from = at + 1;
        }
    }
    found.push(&list[from..]);
    found.retain(|one| !one.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(whose: Whose, query: &str) -> Result<ExportOrder, String> {
        let inputs = Inputs::of_url(Parameters::parse(query));
        let order = ExportOrder::read("url".to_owned(), whose, &inputs, Vec::new());
        order.map_err(|failure| failure.issues[0].expression.clone())
    }

    #[test]
    fn an_order_is_kept_and_read_again() {
        let query = "_type=Observation,Patient&_since=2026-01-01T00:00:00%2B02:00&_elements=id,Patient.name\
                     &_typeFilter=Observation?code=a%252Cb,c,Patient?gender=female";
        let ids = || Whose::Patients(["b".to_owned(), "a".to_owned()].into());
        for whose in [Whose::System, Whose::AllPatients, ids()] {
            let order = read(whose, query).unwrap();
            assert_eq!((order.types.len(), order.filters.len()), (2, 2));
            assert_eq!(order.filters[0].query, "code=a%2Cb,c");
            assert_eq!(ExportOrder::of_value(&order.to_value()), Some(order));
        }
        let all = read(ids(), "").unwrap();
        assert_eq!(all.compartments(), [Some("a"), Some("b")]);
        assert!(all.types.iter().all(|type_id| !["Practitioner", AUDIT_LOG].contains(&type_id.name())));
    }

    #[test]
    fn what_is_not_understood_is_refused_where_it_stands() {
        let rows = [
            ("_type=Pation", "http._type"),
            ("_type=Practitioner", "http._type"),
            ("_since=yesterday", "http._since"),
            ("_since=2026-01-01", "http._since"),
            ("_outputFormat=text/csv", "http._outputFormat"),
            ("_typeFilter=code=1", "http._typeFilter"),
            ("_type=Patient&_typeFilter=Observation?code=1", "http._typeFilter"),
            ("_typeFilter=Observation?_include:iterate=Observation:subject", "http._typeFilter"),
        ];
        for (query, place) in rows {
            assert_eq!(read(Whose::AllPatients, query), Err(place.to_owned()), "{query}");
        }
        for name in FORMATS.iter().chain(&["application/fhir ndjson"]) {
            assert!(read(Whose::System, &format!("_outputFormat={}", name.replace('+', "%2B"))).is_ok());
        }
    }

    #[test]
    fn elements_are_of_their_type() {
        let order = read(Whose::System, "_elements=Patient.name,status").unwrap();
        let of = |name| order.subset(schema().resource_named(name).unwrap()).unwrap();
        assert_eq!(of("Patient"), Subset::Elements(vec!["name".to_owned(), "status".to_owned()]));
        assert_eq!(of("Observation"), Subset::Elements(vec!["status".to_owned()]));
    }
}

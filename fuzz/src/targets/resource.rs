//! A resource on its way in: validated, indexed, put into a home, and written in the other format.

use super::Target;
use super::examples::{BASE_URL, PORTS};
use super::xml::assert_well_formed;
use fhir::schema::TypeId;
use fhir::{Document, Element, Limits, Value, xml};
use search::matcher::{NoReferences, matches};
use search::parameter::parameters;
use search::parse::parse_clause;
use search::query::SortKey;
use search::rows::index_rows;
use search::sort::sort_value;
use validation::{Extensions, Settings, Validated, validate};

pub const RESOURCE: Target = Target {
    name: "resource",
    help: "a resource validated and indexed: faults have places, rows do not depend on layout, a valid one has an XML",
    check: check_resource,
    words: &[
        "\"extension\":[",
        "\"contained\":[",
        "\"reference\":\"#",
        "\"resourceType\":\"",
        "\"_",
        "\":[null,",
        "{\"url\":\"",
        "\"value\":",
        "1e400",
        "\"2024-02-30\"",
        "\"system\":\"http://unitsofmeasure.org\"",
        "\"code\":\"",
        "null",
        "[]",
        "{}",
        "\"id\":\"",
        "\"effectivePeriod\":{\"start\":\"",
        "\"meta\":{\"profile\":[\"",
    ],
    cases: 6_000,
};

pub const NARRATIVE: Target = Target {
    name: "narrative",
    help: "XHTML of Narrative.div: what is let pass is well-formed to another reader and holds nothing that acts",
    check: check_narrative,
    words: &[
        "<div xmlns=\"http://www.w3.org/1999/xhtml\">",
        "</div>",
        "<p>",
        "</p>",
        "<br/>",
        "<script>",
        " onclick=\"",
        "<img src=\"",
        "<a href=\"javascript:",
        "&nbsp;",
        "&#0;",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?x?>",
        "'",
        " style=\"",
        "<table>",
        "<td>",
        "<style>",
        "\u{feff}",
        "&lt;",
    ],
    cases: 12_000,
};

fn check_resource(bytes: &[u8]) {
    let Ok(document) = Document::parse(bytes) else { return };
    if document.resource_type().is_none() {
        return;
    }
    let relaid = Document::parse(Value::from(&document).to_pretty_json()).expect("JSON that was written");
    let rows = index_rows(&document);
    assert_eq!(index_rows(&relaid), rows);
    assert!(rows.signature.is_sorted());
    assert!(rows.dates.iter().all(|row| row.low_ms < row.high_ms), "{:?}", rows.dates);
    assert!(rows.numbers.iter().all(|row| !row.value.is_nan()), "{:?}", rows.numbers);
    if let Some(resource) = Element::resource(&document) {
        search::compartment::patients_of(resource.type_id, &document, BASE_URL);
        walk(resource);
        search(&document, resource.type_id);
    }
    let lines = bytes.split(|byte| *byte == b'\n').count();
    let has_place = |issue: &validation::Issue| (1..=lines).contains(&issue.line) && issue.column > 0;
    let thorough = Settings { is_thorough: true, extensions: Extensions::Known, ..Settings::default() };
    let told = validate(&document, &**PORTS, &thorough);
    assert!(told.issues.iter().all(has_place), "{told}");
    match Validated::new(document, &**PORTS, &Settings::default()) {
        Err(outcome) => {
            assert!(outcome.issues.iter().all(has_place), "{outcome}");
        }
        Ok(valid) => {
            let text = xml::to_xml(valid.document()).expect("what is valid has an XML");
            assert_well_formed(&text);
            let again = xml::from_xml(text.as_bytes(), Limits::default()).expect("XML that was written");
            assert_eq!(xml::to_xml(&again).expect("what came from XML goes to XML"), text);
            assert_eq!(index_rows(&again), rows, "{text}");
        }
    }
}

/// Visits every element: those of a name are among the children.
fn walk(element: Element<'_>) {
    let _ = (element.scalar(), element.unknown_members().count());
    for (name, child) in element.children() {
        assert!(element.children_named(name).any(|found| found.same_place(child)), "{name}");
        walk(child);
    }
}

/// Asks of every parameter whether the resource has it: it is there or it is missing, and it has a place in an order.
fn search(document: &Document, type_id: TypeId) {
    for parameter in parameters(type_id) {
        let holds = |value: &str| {
            let name = format!("{}:missing", parameter.code);
            let clause =
                parse_clause(&[type_id], &name, value, &**PORTS, &search::parse::Limits::default()).ok()?;
            Some(matches(&clause, document, &NoReferences, &**PORTS))
        };
        if let (Some(is_missing), Some(is_there)) = (holds("true"), holds("false")) {
            assert_ne!(is_missing, is_there, "{}", parameter.code);
        }
        for descending in [false, true] {
            sort_value(document, SortKey { code: parameter.code, descending }, None, &**PORTS);
        }
    }
}

fn check_narrative(bytes: &[u8]) {
    let Ok(div) = std::str::from_utf8(bytes) else { return };
    let text = fhir::object! { "status" => "generated", "div" => div };
    let resource = fhir::object! { "resourceType" => "Basic", "text" => text, "code" => fhir::object! { "text" => "x" } };
    let document = resource.to_document();
    let Ok(valid) = Validated::new(document, &**PORTS, &Settings::default()) else { return };
    let parsed = roxmltree::Document::parse(div).map(|document| acts(&document));
    match parsed {
        Err(error) => panic!("let pass, but {error}: {div}"),
        Ok(Some(name)) => panic!("let pass with {name}: {div}"),
        Ok(None) => {}
    }
    if let Ok(text) = xml::to_xml(valid.document()) {
        assert_well_formed(&text);
    }
}

/// An element or attribute by which a document acts.
fn acts(document: &roxmltree::Document<'_>) -> Option<String> {
    const ELEMENTS: [&str; 9] =
        ["script", "style", "object", "embed", "iframe", "form", "input", "link", "base"];
    document.descendants().filter(roxmltree::Node::is_element).find_map(|element| {
        let name = element.tag_name().name().to_ascii_lowercase();
        let bad_attribute = element.attributes().find(|attribute| {
            let value = attribute.value().trim().to_ascii_lowercase();
            attribute.name().to_ascii_lowercase().starts_with("on") || value.starts_with("javascript:")
        });
        bad_attribute
            .map(|attribute| attribute.name().to_owned())
            .or_else(|| ELEMENTS.contains(&name.as_str()).then_some(name))
    })
}

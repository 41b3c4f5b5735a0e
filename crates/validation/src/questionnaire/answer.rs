//! One answer against its question: the type, the options, the bounds.

use super::enabled::{holds, relation};
use super::{EXTENSIONS, text, text_of};
use crate::place::Place;
use crate::ports::Membership;
use crate::reference::restful;
use crate::rule;
use crate::thorough::size_bytes;
use crate::walk::Walk;
use fhir::Element;
use fhir::quoted::quoted;
use fhirpath::{Context, Expression, Item};

/// The types of answers by the type of the question.
const TYPES: [(&str, &[&str]); 13] = [
    ("boolean", &["boolean"]),
    ("decimal", &["decimal"]),
    ("integer", &["integer"]),
    ("date", &["date"]),
    ("dateTime", &["dateTime"]),
    ("time", &["time"]),
    ("string", &["string"]),
    ("text", &["string"]),
    ("url", &["uri"]),
    ("attachment", &["Attachment"]),
    ("reference", &["Reference"]),
    ("quantity", &["Quantity"]),
    ("open-choice", &["Coding", "string"]),
];

/// The extensions that bound an answer, each with the relation that is beyond it.
const BOUNDS: [(&str, &str); 4] = [
    ("http://hl7.org/fhir/StructureDefinition/minValue", "<"),
    ("http://hl7.org/fhir/StructureDefinition/maxValue", ">"),
    ("http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-minQuantity", "<"),
    ("http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-maxQuantity", ">"),
];

/// The value of a questionnaire extension of a question.
pub(super) fn extension<'q>(question: Element<'q>, name: &str) -> Option<Element<'q>> {
    question.extensions(&format!("{EXTENSIONS}{name}")).next()?.child("value")
}

impl<'a> Walk<'a> {
    pub(super) fn answer(
        &mut self,
        question: Element<'_>,
        kind: &str,
        answer: Element<'a>,
        count: usize,
        place: &Place<'_>,
    ) {
        let Some(value) = answer.child("value") else { return };
        let place = place.child("value");
        let options: Vec<_> =
            question.children_named("answerOption").filter_map(|one| one.child("value")).collect();
        let found = value.type_name();
        let allowed: Vec<&str> = match TYPES.iter().find(|(known, _)| *known == kind) {
            Some((_, types)) => types.to_vec(),
            None if options.is_empty() => vec!["Coding"],
            None => options.iter().map(|option| option.type_name()).collect(),
        };
        if !allowed.contains(&found) {
            let message = format!("is {found}; the question asks for {}", allowed.join(" or "));
            return self.say(value, rule::QUESTIONNAIRE, &message, &place);
        }
        self.options(question, kind, value, &options, &place);
        let exclusive = question.children_named("answerOption").any(|option| {
            let is_exclusive = extension(option, "questionnaire-optionExclusive").and_then(text_of);
            is_exclusive.as_deref() == Some("true")
                && option.child("value").is_some_and(|option| holds(value, "=", option))
        });
        if exclusive && count > 1 {
            let message = "excludes every other answer; remove it or the others";
            self.say(value, rule::QUESTIONNAIRE, message, &place);
        }
        for fault in faults(question, value) {
            self.say(value, rule::QUESTIONNAIRE, &fault, &place);
        }
        self.unit(question, value, &place);
    }

    /// The answer is one of those offered.
    fn options(
        &mut self,
        question: Element<'_>,
        kind: &str,
        value: Element<'a>,
        options: &[Element<'_>],
        place: &Place<'_>,
    ) {
        let is_free = kind == "open-choice" && value.type_name() == "string";
        if !options.is_empty() && !is_free && !options.iter().any(|option| holds(value, "=", *option)) {
            self.say(
                value,
                rule::QUESTIONNAIRE,
                "is none of the options of the question; use one of them",
                place,
            );
        }
        let Some(value_set) = text(question, "answerValueSet").filter(|_| !is_free) else { return };
        let code = if value.type_name() == "Coding" { text(value, "code") } else { text_of(value) };
        let is_outside = code.is_some_and(|code| {
            let system = text(value, "system");
            self.ports.in_value_set(&value_set, system.as_deref(), &code) == Membership::No
        });
        if is_outside {
            let message = format!("is not a code of {value_set}; use one of its codes");
            self.say(value, rule::QUESTIONNAIRE, &message, place);
        }
    }

    /// The unit of a quantity is one of those offered.
    fn unit(&mut self, question: Element<'_>, value: Element<'a>, place: &Place<'_>) {
        if value.type_name() != "Quantity" {
            return;
        }
        let url = format!("{EXTENSIONS}questionnaire-unitOption");
        let options: Vec<_> = question.extensions(&url).filter_map(|one| one.child("value")).collect();
        let is_same = |option: &Element<'_>| {
            ["system", "code"].iter().all(|name| text(*option, name) == text(value, name))
        };
        if !options.is_empty() && !options.iter().any(is_same) {
            self.say(value, rule::QUESTIONNAIRE, "has a unit that the question does not offer", place);
        }
        let set = extension(question, "questionnaire-unitValueSet").and_then(text_of);
        let Some(set) = set else { return };
        let membership = text(value, "code")
            .map(|code| self.ports.in_value_set(&set, text(value, "system").as_deref(), &code));
        if matches!(membership, None | Some(Membership::No)) {
            let message = format!("has a unit that is not of {set}");
            self.say(value, rule::QUESTIONNAIRE, &message, place);
        }
    }
}

/// What is wrong with a value by the bounds that a question states.
fn faults(question: Element<'_>, value: Element<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let number = |name: &str| text_of(extension(question, name)?)?.parse::<usize>().ok();
    let written = text_of(value);
    if value.type_name() == "string"
        && let Some(written) = &written
    {
        let length = written.chars().count();
        let most = text(question, "maxLength").and_then(|most| most.parse::<usize>().ok());
        if most.is_some_and(|most| length > most) {
            faults.push(format!("has {length} characters; at most {} are allowed", most.unwrap_or_default()));
        }
        let least = number("minLength");
        if least.is_some_and(|least| length < least) {
            faults.push(format!(
                "has {length} characters; at least {} are asked for",
                least.unwrap_or_default()
            ));
        }
        if let Some(pattern) = extension(question, "regex").and_then(text_of)
            && !matches(value, &pattern)
        {
            faults.push(format!("{} has not the form that the question asks for", quoted(written)));
        }
    }
    faults.extend(BOUNDS.iter().filter_map(|(url, operator)| {
        let bound = question.extensions(url).next()?.child("value")?;
        let is_open = value.type_name() == "Quantity" && [value, bound].iter().any(|one| one.child("code").is_none());
        match relation(value, operator, bound).filter(|_| !is_open) {
            Some(true) => Some("is beyond what the question allows".to_owned()),
            None if value.type_name() == "Quantity" => Some(
                "cannot be compared with the bound of the question; both need the same unit with system and code"
                    .to_owned(),
            ),
            _ => None,
        }
    }));
    if let (Some(most), Some(written)) = (number("maxDecimalPlaces"), &written)
        && written.split_once('.').is_some_and(|(_, places)| places.len() > most)
    {
        faults.push(format!("has more than {most} decimal places"));
    }
    if value.type_name() == "Attachment" {
        faults.extend(attachment(question, value));
    }
    if value.type_name() == "Reference" {
        faults.extend(reference(question, value));
    }
    faults
}

fn matches(value: Element<'_>, pattern: &str) -> bool {
    fn run<'a>(expression: &'a Expression, value: Element<'a>, pattern: &'a str) -> bool {
        let mut context = Context::new(value);
        context.variables.push(("pattern", Item::from(pattern).into()));
        expression.evaluate_bool(&context, value) != Ok(Some(false))
    }
    Expression::parse("$this.matchesFull(%pattern)").is_ok_and(|expression| run(&expression, value, pattern))
}

fn attachment(question: Element<'_>, value: Element<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let stated = text(value, "size").and_then(|size| size.parse::<usize>().ok());
    let data = text(value, "data").map(|data| size_bytes(&data));
    let most = extension(question, "maxSize").and_then(text_of).and_then(|most| most.parse::<f64>().ok());
    if let (Some(most), Some(size)) = (most, data.or(stated))
        && size as f64 > most
    {
        faults.push(format!("has {size} bytes; at most {most} are allowed"));
    }
    let url = format!("{EXTENSIONS}mimeType");
    let kinds: Vec<_> = question.extensions(&url).filter_map(|one| text(one, "value")).collect();
    if let Some(kind) = text(value, "contentType").filter(|kind| !kinds.is_empty() && !kinds.contains(kind)) {
        faults.push(format!("is of the type {}; allowed are {}", quoted(&kind), kinds.join(", ")));
    }
    faults
}

fn reference(question: Element<'_>, value: Element<'_>) -> Option<String> {
    let url = format!("{EXTENSIONS}questionnaire-referenceResource");
    let types: Vec<_> = question.extensions(&url).filter_map(|one| text(one, "value")).collect();
    let written = text(value, "reference")?;
    let (found, _) = restful(&written)?;
    let is_known = fhir::schema::schema().resource_named(found).is_some();
    if !is_known || (!types.is_empty() && !types.iter().any(|one| one == found)) {
        return Some(format!("refers to {}; allowed are {}", quoted(found), types.join(", ")));
    }
    None
}

//! Examples with random faults: whatever stands in a document, validation answers.

use super::open_ports::Open;
use super::reference_data::{archive, for_each_json};
use fhir::{Document, Object, Value, array, object};
use proptest::prelude::*;
use std::sync::LazyLock;
use validation::{Declared, Extensions, Settings, validate};

static EXAMPLES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut examples = Vec::new();
    let Some(path) = archive("fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz") else { return examples };
    let mut count = 0;
    for_each_json(&path, |_, bytes| {
        count += 1;
        if count % 7 == 0 && bytes.len() < 40_000 {
            examples.push(Value::from(&Document::parse(bytes).expect("an example is JSON")));
        }
    });
    examples
});

/// What may take the place of a value.
fn replacements(old: &Value) -> Vec<Value> {
    vec![
        Value::Null,
        Value::from(""),
        Value::from("#"),
        Value::from("#x"),
        Value::from("urn:uuid:"),
        Value::from("2020-02-31T25:61:00+"),
        Value::from("é\u{1F600}\u{0}"),
        Value::from("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p title='&#"),
        Value::number("-1e99"),
        Value::number("99999999999999999999999999999999"),
        Value::from(true),
        array![],
        Value::from(Object::new()),
        object! { "id" => "x" },
        object! { "resourceType" => "Patient", "contained" => array![object! { "resourceType" => "Patient" }] },
        object! { "url" => "x", "extension" => array![] },
        Value::from(vec![old.clone(), Value::Null]),
        object! { "reference" => "#x", "extension" => old.clone() },
    ]
}

/// Replaces the value that is `place`th in document order; counts down on the way.
fn mutate(value: &mut Value, place: &mut usize, kind: usize) {
    if *place == 0 {
        let mut choices = replacements(value);
        *value = choices.swap_remove(kind % choices.len());
        *place = usize::MAX;
        return;
    }
    *place -= 1;
    let children: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(object) => object.iter_mut().map(|(_, value)| value).collect(),
        _ => return,
    };
    for child in children {
        if *place == usize::MAX {
            return;
        }
        mutate(child, place, kind);
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(object) => 1 + object.iter().map(|(_, value)| count(value)).sum::<usize>(),
        _ => 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_examples_get_an_answer(which in any::<usize>(), faults in prop::collection::vec((any::<usize>(), any::<usize>()), 1..6)) {
        let examples = &*EXAMPLES;
        prop_assume!(!examples.is_empty());
        let mut value = examples[which % examples.len()].clone();
        for (place, kind) in faults {
            let mut place = place % count(&value);
            mutate(&mut value, &mut place, kind);
        }
        let document = value.to_document();
        let advice = Settings { best_practices: true, native_invariants: false, ..Settings::default() };
        let thorough = Settings {
            is_thorough: true,
            declared: Declared::Check,
            extensions: Extensions::All,
            refuses_markup: true,
            refuses_examples: true,
            ..Settings::default()
        };
        for settings in [Settings::default(), advice, thorough] {
            for issue in validate(&document, &Open, &settings).issues {
                prop_assert!(issue.line >= 1 && issue.column >= 1 && !issue.message.is_empty());
                prop_assert!(!issue.expression.is_empty() && !issue.rule.is_empty());
            }
        }
    }

    #[test]
    fn any_text_in_any_primitive_gets_an_answer(text in "\\PC{0,40}|[-0-9T:.+Z]{0,30}|(<[a-z!/&;# =\"']{0,6}>?){0,12}") {
        let types = ["base64Binary", "canonical", "code", "date", "dateTime", "id", "instant", "markdown", "oid", "string", "time", "uri", "url", "uuid"];
        let parameters: Vec<Value> = types.iter().map(|name| {
            let (first, rest) = name.split_at(1);
            let mut parameter = Object::new();
            parameter.set("name", "x");
            parameter.set(format!("value{}{rest}", first.to_uppercase()), text.as_str());
            Value::from(parameter)
        }).collect();
        let narrative = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{text}</div>");
        let patient = object! { "resourceType" => "Patient", "text" => object! { "status" => "generated", "div" => narrative.as_str() }, "managingOrganization" => object! { "reference" => text.as_str() } };
        let resource = object! { "resourceType" => "Parameters", "parameter" => parameters };
        for value in [resource, patient] {
            let outcome = validate(&value.to_document(), &Open, &Settings::default());
            prop_assert!(outcome.issues.iter().all(|issue| !issue.message.is_empty()));
        }
    }
}

//! FHIRPath: what is parsed is evaluated within its bound of steps, and gives the same twice.

use super::Target;
use super::examples::DOCUMENTS;
use ::fhirpath::{Context, Expression};
use fhir::Element;

pub const TARGET: Target = Target {
    name: "fhirpath",
    help: "FHIRPath: parsed, then evaluated on small resources within bounds, with the same result twice",
    check,
    words: &[
        "name",
        ".",
        "(",
        ")",
        "[0]",
        "'a'",
        "`id`",
        "@2024-01-01T",
        "@T10:00",
        "1.50 'mg'",
        " and ",
        " or ",
        " = ",
        " ~ ",
        " div ",
        " is ",
        " as ",
        "ofType(",
        "where(",
        "$this",
        "$total",
        "%resource",
        "{}",
        "iif(",
        "repeat(",
        "matches('(a|b)*')",
        "resolve()",
        "toQuantity()",
        "descendants()",
        " | ",
        "//",
        "/*",
        "replaceMatches(",
        "combine(",
        "power(",
        "round(",
        "substring(",
        "aggregate(",
        "split(",
        "precision()",
        "lowBoundary(",
    ],
    cases: 12_000,
};

/// Steps of an evaluation: enough for what a person writes.
const STEPS: u64 = 20_000;

fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(expression) = Expression::parse(text) else { return };
    assert_eq!(expression.text(), text);
    for document in &*DOCUMENTS {
        let element = Element::resource(document).expect("an example is a resource");
        for lenient in [false, true] {
            let mut context = Context::new(element);
            context.limit = STEPS;
            context.is_lenient = lenient;
            let once = format!("{:?}", expression.evaluate(&context, element));
            assert_eq!(format!("{:?}", expression.evaluate(&context, element)), once);
            let mut visited = 0;
            let _ = expression.visit(&context, element, |_| {
                visited += 1;
                true
            });
            let _ = expression.evaluate_bool(&context, element);
        }
    }
}

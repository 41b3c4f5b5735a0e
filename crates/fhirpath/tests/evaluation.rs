//! Contexts, environments and limits.

use fhir::date_time::DateTime;
use fhir::{Document, Element};
use fhirpath::{Collection, Context, Environment, EvaluationError, Expression, Item};
use std::cell::RefCell;

const BUNDLE: &str = r##"{"resourceType":"Bundle","type":"collection","entry":[
  {"fullUrl":"http://x.org/fhir/Patient/1","resource":{"resourceType":"Patient","id":"1","birthDate":"1980-02-03",
   "name":[{"family":"Ä","given":["A","B"]},{"_family":{"extension":[{"url":"http://x.org/why","valueCode":"unknown"}]}}]}},
  {"fullUrl":"urn:uuid:7","resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},
   "contained":[{"resourceType":"Device","id":"d","status":"active"}],
   "subject":{"reference":"Patient/1"},"device":{"reference":"#d"},"focus":[{"reference":"Group/9"}],
   "valueQuantity":{"value":1.50,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}}}]}"##;

fn bundle() -> Document {
    Document::parse(BUNDLE).unwrap()
}

fn texts(items: &Collection<'_>) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// The result for the Bundle, as texts.
fn results(text: &str) -> Result<Vec<String>, EvaluationError> {
    let document = bundle();
    let root = Element::resource(&document).unwrap();
    let expression = Expression::parse(text).unwrap();
    expression.evaluate(&Context::new(root), root).map(|items| texts(&items))
}

#[test]
fn references_are_resolved_in_the_bundle_and_among_contained_resources() {
    assert_eq!(results("entry.resource.subject.resolve().birthDate").unwrap(), ["1980-02-03"]);
    assert_eq!(results("'http://x.org/fhir/Patient/1'.resolve().id").unwrap(), ["1"]);
    assert_eq!(results("'Patient/2'.resolve()").unwrap(), Vec::<String>::new());
    let document = bundle();
    let root = Element::resource(&document).unwrap();
    let observation = root.children_named("entry").nth(1).unwrap().child("resource").unwrap();
    let expression = Expression::parse("device.resolve().status").unwrap();
    let items = expression.evaluate(&Context::new(observation), observation).unwrap();
    assert_eq!(texts(&items), ["active"]);
}

struct Clinic {
    group: Document,
    lines: RefCell<Vec<String>>,
}

impl Environment for Clinic {
    fn resolve(&self, reference: &str) -> Option<Element<'_>> {
        (reference == "Group/9").then(|| Element::resource(&self.group))?
    }

    fn member_of(&self, coded: Element<'_>, value_set: &str) -> Option<bool> {
        (value_set == "http://x.org/vs").then(|| coded.scalar().as_deref() == Some("final"))
    }

    fn conforms_to(&self, element: Element<'_>, profile: &str) -> Option<bool> {
        (profile == "http://x.org/profile").then(|| element.type_name() == "Bundle")
    }

    fn trace(&self, name: &str, items: &[Item<'_>]) {
        self.lines.borrow_mut().push(format!("{name}: {}", items.len()));
    }
}

#[test]
fn the_environment_is_asked_for_what_is_elsewhere() {
    let group =
        Document::parse(r#"{"resourceType":"Group","id":"9","type":"person","actual":true}"#).unwrap();
    let clinic = Clinic { group, lines: RefCell::default() };
    let document = bundle();
    let root = Element::resource(&document).unwrap();
    let context = Context::new(root).with_environment(&clinic);
    let run = |text: &str| {
        let expression = Expression::parse(text).unwrap();
        expression.evaluate(&context, root).map(|items| texts(&items))
    };
    assert_eq!(run("entry.resource.focus.resolve().type").unwrap(), ["person"]);
    assert_eq!(run("entry.resource.status.memberOf('http://x.org/vs')").unwrap(), ["true"]);
    assert_eq!(run("entry.resource.status.memberOf('http://x.org/other')").unwrap(), Vec::<String>::new());
    assert_eq!(run("conformsTo('http://x.org/profile')").unwrap(), ["true"]);
    assert!(matches!(run("conformsTo('http://x.org/none')"), Err(EvaluationError::Unanswered { .. })));
    assert_eq!(run("entry.trace('entries', fullUrl).count()").unwrap(), ["2"]);
    assert_eq!(*clinic.lines.borrow(), ["entries: 2"]);
}

#[test]
fn variables_come_from_the_context() {
    let document = bundle();
    let root = Element::resource(&document).unwrap();
    let entry = root.child("entry").unwrap();
    let mut context = Context::new(root);
    context.variables.push(("limit", Item::from(7).into()));
    context.now = DateTime::parse("2026-11-22T10:15:30.123+01:00").ok();
    for (text, wanted) in [
        ("%resource.type", "collection"),
        ("%context.fullUrl", "http://x.org/fhir/Patient/1"),
        ("%limit + 1", "8"),
        ("%`ext-birthTime`", "http://hl7.org/fhir/StructureDefinition/birthTime"),
        ("today()", "2026-11-22"),
        ("timeOfDay()", "10:15:30.123"),
        ("now() - 1 hour", "2026-11-22T09:15:30.123+01:00"),
    ] {
        let expression = Expression::parse(text).unwrap();
        assert_eq!(texts(&expression.evaluate(&context, entry).unwrap()), [wanted], "{text}");
    }
    let unknown = Expression::parse("%nobody").unwrap();
    assert_eq!(
        unknown.evaluate(&context, entry).unwrap_err(),
        EvaluationError::UnknownVariable("nobody".to_owned())
    );
    context.now = None;
    let clock = Expression::parse("now()").unwrap();
    assert_eq!(clock.evaluate(&context, entry).unwrap_err(), EvaluationError::NoClock);
}

#[test]
fn times_without_an_offset_take_the_default() {
    let document = bundle();
    let root = Element::resource(&document).unwrap();
    for (text, offset, wanted) in [
        ("@2026-01-01T10:00:00 = @2026-01-01T09:00:00Z", None, None),
        ("@2026-01-01T10:00:00 = @2026-01-01T09:00:00Z", Some(60), Some(true)),
        ("@2026-01-01T10:00:00 ~ @2026-01-01T09:00:00Z", Some(60), Some(true)),
        ("@2026-01-01T10:00:00 > @2026-01-01T09:30:00Z", Some(60), Some(false)),
        ("@2026-01-01T10:00:00 in (@2026-01-01T09:00:00Z)", Some(60), Some(true)),
    ] {
        let mut context = Context::new(root);
        context.default_offset_minutes = offset;
        let expression = Expression::parse(text).unwrap();
        assert_eq!(expression.evaluate_bool(&context, root), Ok(wanted), "{text} {offset:?}");
    }
}

#[test]
fn primitives_without_a_value_have_extensions_only() {
    assert_eq!(results("entry.resource.name.family.count()").unwrap(), ["2"]);
    assert_eq!(results("entry.resource.name.family.select(hasValue())").unwrap(), ["true", "false"]);
    assert_eq!(
        results("entry.resource.name.family.extension('http://x.org/why').value").unwrap(),
        ["unknown"]
    );
    assert_eq!(results("entry.resource.name[1].family.length()").unwrap(), Vec::<String>::new());
}

#[test]
fn a_choice_may_have_extensions_only() {
    let text = r#"{"resourceType":"Observation","valueless":1,"_valueString":{"id":"v","extension":[{"url":"u","valueCode":"c"}]}}"#;
    let document = Document::parse(text).unwrap();
    let root = Element::resource(&document).unwrap();
    let expression = Expression::parse("value.extension('u').value | value.id | value.type().name").unwrap();
    assert_eq!(texts(&expression.evaluate(&Context::new(root), root).unwrap()), ["c", "v", "string"]);
}

#[test]
fn conditions_follow_the_singleton_rules() {
    let document = bundle();
    let root = Element::resource(&document).unwrap();
    let context = Context::new(root);
    let answer = |text: &str| Expression::parse(text).unwrap().evaluate_bool(&context, root);
    assert_eq!(answer("type"), Ok(Some(true)));
    assert_eq!(answer("total"), Ok(None));
    assert_eq!(answer("type = 'batch'"), Ok(Some(false)));
    assert!(matches!(answer("entry"), Err(EvaluationError::NotSingleton { .. })));
}

#[test]
fn lenient_contexts_read_as_like_of_type() {
    let document = bundle();
    let root = Element::resource(&document).unwrap();
    let expression =
        Expression::parse("(entry.resource.value as Quantity).value | (entry.fullUrl as uri)").unwrap();
    assert!(matches!(
        expression.evaluate(&Context::new(root), root),
        Err(EvaluationError::NotSingleton { .. })
    ));
    let items = expression.evaluate(&Context::new(root).lenient(), root).unwrap();
    assert_eq!(texts(&items), ["1.50", "http://x.org/fhir/Patient/1", "urn:uuid:7"]);
    let unknown = Expression::parse("$this is Citation").unwrap();
    assert!(matches!(unknown.evaluate(&Context::new(root), root), Err(EvaluationError::UnknownType(_))));
    assert_eq!(unknown.evaluate_bool(&Context::new(root).lenient(), root), Ok(Some(false)));
    let text = Expression::parse("(Bundle.type as String).exists()").unwrap();
    assert_eq!(text.evaluate_bool(&Context::new(root).lenient(), root), Ok(Some(true)));
    assert_eq!(text.evaluate_bool(&Context::new(root), root), Ok(Some(false)));
}

#[test]
fn no_expression_runs_without_end() {
    let document = bundle();
    let root = Element::resource(&document).unwrap();
    let mut context = Context::new(root);
    context.limit = 100_000;
    for text in ["(1).repeat($this + 1)", "(1).repeat($this.toString() & '1')"] {
        let expression = Expression::parse(text).unwrap();
        assert_eq!(
            expression.evaluate(&context, root).unwrap_err(),
            EvaluationError::TooCostly(100_000),
            "{text}"
        );
    }
    for doubling in [
        ".select($this & $this)",
        ".select($this.combine($this))",
        ".select($this.replace('', $this))",
        ".encode('hex')",
    ] {
        let doubled = format!("'xyz'{}", doubling.repeat(100));
        let expression = Expression::parse(&doubled).unwrap();
        let error = expression.evaluate(&context, root).unwrap_err();
        assert_eq!(error, EvaluationError::TooCostly(100_000), "{doubling}");
    }
}

#[test]
fn expressions_are_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Expression>();
}

#[test]
fn visiting_stops_when_told() {
    let document = bundle();
    let root = Element::resource(&document).unwrap();
    let expression = Expression::parse("descendants()").unwrap();
    let mut seen = 0;
    expression
        .visit(&Context::new(root), root, |_| {
            seen += 1;
            seen < 3
        })
        .unwrap();
    assert_eq!(seen, 3);
}

#[test]
fn the_deepest_expressions_fit_the_stack() {
    let document = bundle();
    let root = Element::resource(&document).unwrap();
    let mut context = Context::new(root);
    context.limit = 1_000_000;
    for (open, inside, close) in [
        ("iif(", "true", ",1)"),
        ("entry.first().select(%resource.", "id", ")"),
        ("descendants().where(", "true", ")"),
        ("(", "1", " + 1)"),
        ("'x'.replace(", "'x'", ", 'y')"),
    ] {
        let deepest = (1..128).rev().find_map(|depth| {
            Expression::parse(&format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))).ok()
        });
        let expression = deepest.expect("some depth is allowed");
        let _ = expression.evaluate(&context, root);
        let _ = expression.check(root.type_id);
    }
}

/// Parts of expressions, to be put together at random.
const PARTS: &[&str] = &[
    "entry",
    ".resource",
    ".name",
    ".given",
    ".birthDate",
    ".value",
    "$this",
    "'a'",
    "1",
    "-2.50",
    "@2015-02",
    "@T10:30",
    "@2015-02-04T14:34:28Z",
    "4 days",
    "5 'mg'",
    "1000000000000",
    "{}",
    "true",
    " and ",
    " = ",
    " ~ ",
    " < ",
    " | ",
    " + ",
    " - ",
    " * ",
    " / ",
    " div ",
    " mod ",
    " & ",
    " in ",
    ".first()",
    ".last()",
    ".toString()",
    ".toQuantity()",
    ".toDecimal()",
    ".length()",
    ".substring(1)",
    ".substring(-1, 99999999999)",
    ".children()",
    ".descendants()",
    ".where($this = 1)",
    ".select($this + $this)",
    ".repeat(children())",
    ".sort()",
    ".sort(-$this)",
    ".round(3)",
    ".power(99)",
    ".power(-0.5)",
    ".exp()",
    ".ln()",
    ".log(10)",
    ".sqrt()",
    ".abs()",
    ".ceiling()",
    ".lowBoundary()",
    ".highBoundary(4)",
    ".precision()",
    ".type()",
    ".resolve()",
    ".is(Quantity)",
    ".ofType(string)",
    ".as(date)",
    ".upper()",
    ".indexOf('a')",
    ".toChars()",
    ".split('')",
    ".join('-')",
    ".encode('hex')",
    ".decode('base64')",
    ".unescape('html')",
    ".unescape('json')",
    ".matches('[a-z')",
    ".replaceMatches('(a)', '$1$2${x}')",
    ".distinct()",
    ".skip(1)",
    ".take(-1)",
    ".combine($this)",
    ".aggregate($total + $this, 0)",
    ".htmlChecks()",
    ".toInteger()",
    ".toDateTime()",
    ".toTime()",
    ".comparable(1 'g')",
    ".allTrue()",
    ".not()",
    ".exists()",
];

proptest::proptest! {
    #[test]
    fn arbitrary_expressions_do_not_panic(
        parts in proptest::collection::vec(proptest::sample::select(PARTS), 1..8)
    ) {
        let document = bundle();
        let root = Element::resource(&document).unwrap();
        if let Ok(expression) = Expression::parse(&parts.concat()) {
            let mut context = Context::new(root);
            context.limit = 100_000;
            let _ = expression.evaluate(&context, root);
            let _ = expression.check(root.type_id);
        }
    }
}

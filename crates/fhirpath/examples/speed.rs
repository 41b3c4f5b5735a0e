//! How many evaluations a second ten typical invariants take over an Observation: `cargo run --release -p fhirpath
//! --example speed`.

use fhir::{Document, Element};
use fhirpath::{Context, Expression};
use std::hint::black_box;
use std::time::{Duration, Instant};

const OBSERVATION: &str = r#"{"resourceType":"Observation","id":"blood-pressure","meta":{"lastUpdated":
  "2014-01-30T22:35:23+11:00"},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},
  "identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:187e0c12-8dd2-67e2-99b2-bf273c878281"}],
  "status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category",
  "code":"vital-signs","display":"Vital Signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"85354-9",
  "display":"Blood pressure panel"}],"text":"Blood pressure systolic & diastolic"},"subject":{"reference":"Patient/1"},
  "effectiveDateTime":"2012-09-17","performer":[{"reference":"Practitioner/1"}],"interpretation":[{"coding":[{
  "system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"L","display":"low"}]}],
  "component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6","display":"Systolic"}]},"valueQuantity":
  {"value":107,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},{"code":{"coding":[{"system":
  "http://loinc.org","code":"8462-4","display":"Diastolic"}]},"valueQuantity":{"value":60,"unit":"mmHg","system":
  "http://unitsofmeasure.org","code":"mm[Hg]"}}]}"#;

const INVARIANTS: [&str; 10] = [
    "dataAbsentReason.empty() or value.empty()",
    "value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()",
    "contained.contained.empty()",
    "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()",
    "text.`div`.exists()",
    "hasValue() or (children().count() > id.count())",
    "extension.exists() != value.exists()",
    "component.all(value.exists() or dataAbsentReason.exists())",
    "category.coding.where(system = 'http://terminology.hl7.org/CodeSystem/observation-category').code = 'vital-signs'",
    "status = 'final' implies (component.exists() or value.exists() or dataAbsentReason.exists())",
];

fn main() {
    let document = Document::parse(OBSERVATION).expect("the observation");
    let root = Element::resource(&document).expect("a resource");
    let context = Context::new(root);
    let mut total = 0.0;
    for text in INVARIANTS {
        let expression = Expression::parse(text).expect("an expression");
        let (start, mut count) = (Instant::now(), 0_u32);
        while start.elapsed() < Duration::from_millis(300) {
            for _ in 0..1000 {
                black_box(expression.evaluate_bool(&context, black_box(root))).expect("a result");
            }
            count += 1000;
        }
        let nanoseconds = start.elapsed().as_nanos() as f64 / f64::from(count);
        total += nanoseconds;
        println!("{nanoseconds:8.0} ns  {text}");
    }
    println!("{:.0} evaluations/s over all ten", 1e10 / total);
}

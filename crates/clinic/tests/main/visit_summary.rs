//! A visit as its patient takes it home (CH06).

use crate::practice::{Practice, update};
use clinic::visit_summary::VisitSummary;
use store::Expect;

#[test]
fn ch06_an_order_of_no_known_kind_stands_among_the_others() {
    let practice = Practice::with_rules(clinic::write_rules());
    let session = practice.administrator();
    let of = r#""subject":{"reference":"Patient/p"}"#;
    let order = |id: &str, category: &str| {
        format!(
            r#"{{"resourceType":"ServiceRequest","id":"{id}","status":"active","intent":"order",{of},
                "encounter":{{"reference":"Encounter/e"}},"code":{{"text":"Order {id}"}}{category}}}"#
        )
    };
    let put = |name: &str, json: &str| update(&session, name, json, Expect::Any).unwrap();
    put("Patient/p", r#"{"resourceType":"Patient","id":"p"}"#);
    let visit = format!(
        r#"{{"resourceType":"Encounter","id":"e","status":"finished","class":{{"code":"AMB"}},{of}}}"#
    );
    put("Encounter/e", &visit);
    let imaging = r#","category":[{"coding":[{"system":"http://snomed.info/sct","code":"363679005"}]}]"#;
    put("ServiceRequest/x", &order("x", imaging));
    put("ServiceRequest/y", &order("y", ""));
    let summary = VisitSummary::read(&session, "p", "e").unwrap();
    let kinds: Vec<(&str, &str)> =
        summary.orders.iter().map(|(kind, lines)| (*kind, lines[0].name.as_str())).collect();
    assert_eq!(kinds, [("Imaging", "Order x"), ("Other", "Order y")]);
}

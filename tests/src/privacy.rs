//! The pages of privacy over the running program: who looked (AD05), what was given to others (d11), and what is out of the
//! ordinary (HS5).

use crate::harness::folder::new_folder;
use crate::harness::http::{Answer, Client};
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use crate::people::{invited, join, sign_in};
use serde_json::json;

fn post_form(client: &mut Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send("POST", path, &[("content-type", "application/x-www-form-urlencoded")], body.as_bytes())
}

fn person(server: &Server, name: &str, role: &str, person: &[&str]) -> Client {
    let arguments = [&["user", "invite", name, "--role", role], person].concat();
    let joined = join(server, &invited(server, &arguments), name);
    sign_in(server, &joined)
}

#[test]
fn ad05_d11_a_patient_reads_who_looked_and_what_was_given_to_others() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut api = server.administrator();
    assert_eq!(api.post("/fhir", &put_both("one")).status, 200);
    assert_eq!(api.post("/fhir", &put_both("two")).status, 200);
    let mut clinician = person(&server, "clara", "clinician", &[]);
    let mut patient = person(&server, "paula", "patient", &["--person", "Patient/one"]);
    assert_eq!(clinician.get("/p/one").status, 200);
    let page = clinician.get("/p/one/disclosures").text();
    assert!(
        page.contains("Write down") && !page.contains("As a file"),
        "who writes down sees no accounting: {page}"
    );
    let given = [
        ("patient", "one"),
        ("recipient", "Elm <b>Street</b> Hospital"),
        ("what", "=lab results, by fax"),
        ("purpose", "TREAT"),
        ("day", "2026-01-31"),
    ];
    // The form of another patient writes nothing down.
    let wrong = post_form(&mut clinician, "/p/two/disclosures", &given);
    assert_eq!(wrong.status, 409, "{}", wrong.text());
    assert_eq!(post_form(&mut clinician, "/p/one/disclosures", &given).status, 303);
    let mut incomplete = given;
    incomplete[3].1 = "";
    let refused = post_form(&mut clinician, "/p/one/disclosures", &incomplete);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("choose for what") && refused.text().contains("lab results, by fax"));

    let looked = patient.get("/who-looked");
    assert_eq!(looked.status, 200, "{}", looked.text());
    for said in [
        "<b>Ida Ames</b> read it",
        "Elm &#60;b&#62;Street&#60;/b&#62; Hospital",
        "lab results, by fax",
        "(treatment)",
    ] {
        assert!(looked.text().contains(said), "{said}: {}", looked.text());
    }
    assert_eq!(looked.text().matches("lab results").count(), 1);
    for path in ["/p/two/disclosures", "/audit", "/audit/unusual", "/p/two/disclosures/file"] {
        assert_ne!(patient.get(path).status, 200, "{path}");
    }
    assert!(
        patient.get("/who-looked?patient=two").text().contains("Who looked at the record of"),
        "their own"
    );
    assert!(!patient.get("/who-looked?patient=two").text().contains("two"));

    let mut auditor = person(&server, "eve", "auditor", &[]);
    let file = auditor.get("/p/one/disclosures/file").text();
    assert!(
        file.contains("31-Jan-2026,Elm <b>Street</b> Hospital,\"'=lab results, by fax\",treatment,Ida Ames"),
        "{file}"
    );
    let two = auditor.get("/p/two/disclosures").text();
    assert!(two.contains("Nothing was given"), "who wrote by the API did not read: {two}");
    let unusual = auditor.get("/audit/unusual?opens=0&closes=0");
    assert!(unusual.status == 200 && unusual.text().contains("Ida Ames</th>"), "{}", unusual.text());
    assert_eq!(auditor.get("/audit/unusual?from=x").status, 404);
    assert_eq!(clinician.get("/audit/unusual").status, 403);
}

#[test]
fn hp4_what_a_patient_keeps_from_somebody_is_gone_for_them_at_once() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut api = server.administrator();
    assert_eq!(api.post("/fhir", &put_both("one")).status, 200);
    let doctor = json!({ "resourceType": "Practitioner", "id": "fox", "name": [{ "family": "Fox", "given": ["Bea"], "prefix": ["Dr."] }] });
    assert_eq!(api.put("/fhir/Practitioner/fox", &doctor).status, 201);
    let mut fox = person(&server, "fox", "clinician", &["--person", "Practitioner/fox"]);
    let mut nurse = person(&server, "nils", "nurse", &[]);
    assert_eq!(fox.get("/p/one").status, 200);
    let page = nurse.get("/p/one/consents?find=fo").text();
    assert!(page.contains("<option value=\"Practitioner/fox\">Dr. Bea Fox</option>"), "{page}");
    let form = |part: &'static str, from: &'static str| [("patient", "one"), ("part", part), ("from", from)];
    let refused = post_form(&mut nurse, "/p/one/consents", &form("all", ""));
    assert!(refused.status == 422 && refused.text().contains("choose from whom"), "{}", refused.text());
    assert_eq!(post_form(&mut nurse, "/p/two/consents", &form("all", "programs")).status, 404);
    assert_eq!(post_form(&mut nurse, "/p/one/consents", &form("all", "Practitioner/fox")).status, 303);
    assert_eq!(fox.get("/p/one").status, 404);
    assert!(!fox.get("/patients?q=sample").text().contains("SAMPLE-ONE"));
    assert!(nurse.get("/patients?q=sample").text().contains("SAMPLE-ONE"), "others see it");
    let page = nurse.get("/p/one/consents").text();
    assert!(page.contains("<td>all of the record</td>") && page.contains("<td>Dr. Bea Fox</td>"), "{page}");
    let end = &page[page.find("action=\"/p/one/consents/").unwrap() + 8..];
    let end = &end[..end.find('"').unwrap()];
    assert_eq!(post_form(&mut nurse, &end.replace("/one/", "/two/"), &[]).status, 404);
    assert_eq!(fox.get("/p/one").status, 404);
    assert_eq!(post_form(&mut nurse, end, &[]).status, 303);
    assert_eq!(fox.get("/p/one").status, 200);
    // What the page wrote is a Consent as others read them.
    let consent = api.get("/fhir/Consent?patient=one").json();
    let checked = api.post("/fhir/Consent/$validate", &consent["entry"][0]["resource"]).json();
    assert!(!checked.to_string().contains("\"error\""), "{checked}");
}

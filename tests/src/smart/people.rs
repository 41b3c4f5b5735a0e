//! Whom an app acts for: it learns who they are, and may no more than they.

use super::app::{App, claims, code, consent, consent_page, fhir, refused};
use crate::harness::folder::new_folder;
use crate::harness::program;
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use crate::people::{invited, join, sign_in};
use serde_json::json;

#[test]
fn g10_an_app_learns_who_its_person_is_and_loses_all_with_their_account() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let ida = json!({ "resourceType": "Practitioner", "id": "ida", "name": [{ "family": "Ames" }] });
    assert_eq!(server.administrator().put("/fhir/Practitioner/ida", &ida).status, 201);
    let path =
        invited(&server, &["user", "invite", "Ida", "--role", "clinician", "--person", "Practitioner/ida"]);
    let mut pages = sign_in(&server, &join(&server, &path, "ida.ames"));
    let app = App::confidential(&server);
    let scope = "openid fhirUser launch/patient offline_access patient/*.rs user/AuditEvent.rs";
    let tokens = app.tokens(&server, &mut pages, scope, "one");
    let identity = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(identity["fhirUser"], format!("{}/Practitioner/ida", fhir(&server)));
    assert!(tokens["scope"].as_str().unwrap().contains("fhirUser"));
    let access = tokens["access_token"].as_str().unwrap();
    let about = app.post(&server, "/oauth/introspect", &[("token", access)]).json();
    assert_eq!((&about["fhirUser"], &about["sub"]), (&identity["fhirUser"], &identity["sub"]));
    let mut client = server.client().with_token(access);
    assert_eq!(client.get("/fhir/Practitioner/ida").status, 200, "whom the app is told of it may read");
    assert_eq!(client.get("/fhir/AuditEvent").status, 403, "a scope gives no more than the person may");
    let bo = invited(&server, &["user", "invite", "Bo", "--role", "administrator"]);
    join(&server, &bo, "bo.berg");
    program::succeed(server.data(), ["user", "close", "ida.ames"]);
    assert_eq!(client.get("/fhir/Patient/one").status, 401);
    refused(&app.refresh(&server, tokens["refresh_token"].as_str().unwrap()), 400, "invalid_grant");
    server.stop();
}

#[test]
fn g10_an_app_may_read_whom_it_is_told_of_and_no_other() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    for id in ["ida", "bo"] {
        let one = json!({ "resourceType": "Practitioner", "id": id, "name": [{ "family": id }] });
        assert_eq!(server.administrator().put(&format!("/fhir/Practitioner/{id}"), &one).status, 201);
    }
    let path =
        invited(&server, &["user", "invite", "Ida", "--role", "clinician", "--person", "Practitioner/ida"]);
    let mut pages = sign_in(&server, &join(&server, &path, "ida.ames"));
    let app = App::confidential(&server);
    let rows = [
        ("launch/patient openid fhirUser patient/Patient.rs", 200),
        ("launch/patient openid patient/Patient.rs", 403),
        ("launch/patient fhirUser patient/Patient.rs", 403),
    ];
    for (scope, status) in rows {
        let tokens = app.tokens(&server, &mut pages, scope, "one");
        let access = tokens["access_token"].as_str().unwrap();
        let mut client = server.client().with_token(access);
        assert_eq!(client.get("/fhir/Practitioner/ida").status, status, "{scope}");
        assert!([403, 404].contains(&client.get("/fhir/Practitioner/bo").status), "{scope}");
        assert_eq!(client.get("/fhir/Practitioner").status, 403, "it looks at one, and does not search");
        let about = app.post(&server, "/oauth/introspect", &[("token", access)]).json();
        assert_eq!((&about["scope"], &tokens["scope"]), (&scope.into(), &scope.into()));
    }
    server.stop();
}

#[test]
fn pp10_a_patient_lets_apps_into_their_own_record_only() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    for id in ["one", "two"] {
        assert_eq!(server.administrator().post("/fhir", &put_both(id)).status, 200);
    }
    let path = invited(&server, &["user", "invite", "Pat", "--role", "patient", "--person", "Patient/one"]);
    let mut pages = sign_in(&server, &join(&server, &path, "pat.one"));
    let app = App::public(&server);
    let asks = app.asks(&server, "launch/patient openid fhirUser patient/*.rs");
    let page = consent_page(&mut pages, &asks, "");
    assert!(page.text().contains("name=\"patient\" value=\"one\""), "nobody to choose: {}", page.text());
    // Whatever the form names.
    let tokens = app.exchange(&server, &code(&consent(&mut pages, &asks, "two", &|_| true))).json();
    assert_eq!(tokens["patient"], "one");
    let mut client = server.client().with_token(tokens["access_token"].as_str().unwrap());
    assert_eq!(client.get("/fhir/Observation/one-weight").status, 200);
    assert!([403, 404].contains(&client.get("/fhir/Observation/two-weight").status));
    assert_eq!(client.get_json("/fhir/Patient")["total"], 1);
    assert!(pages.get("/apps").text().contains("Growth chart"));
    server.stop();
}

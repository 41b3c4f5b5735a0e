//! Who does nothing is signed out, by the time of their role; what a page does by itself is nothing.

use crate::practice::Practice;
use axum::body::Body;
use axum::http::Request;

const MINUTE_MS: i64 = 60_000;

#[test]
fn d5_a_session_ends_by_the_time_of_its_role() {
    let practice = Practice::new();
    let (nurse, clinician) = (practice.joined_as("nora", "nurse"), practice.joined_as("clara", "clinician"));
    let told = practice.get(&nurse, "/session").text;
    assert!(told.contains("\"left_ms\":300000,\"idle_ms\":300000"), "{told}");
    practice.wait_ms(4 * MINUTE_MS);
    // The script says that somebody types.
    let told = practice.post(&nurse, "/session", "").text;
    assert!(told.contains("\"left_ms\":300000"), "{told}");
    for _ in 0..4 {
        practice.wait_ms(MINUTE_MS);
        let unattended = |path| Request::get(path).header("cookie", &nurse).header("x-unattended", "true");
        assert_eq!(practice.ask(unattended("/patients").body(Body::empty()).unwrap()).status, 200);
        assert_eq!(practice.get(&nurse, "/session").status, 200, "to look is not to be there");
    }
    practice.wait_ms(MINUTE_MS);
    assert_eq!(practice.get(&nurse, "/session").status, 401);
    assert_eq!(practice.get(&nurse, "/patients").location, "/sign-in?to=%2Fpatients");
    assert_eq!(practice.get(&clinician, "/patients").status, 200);
    practice.wait_ms(15 * MINUTE_MS);
    assert_eq!(practice.post(&clinician, "/session", "").status, 401, "what is over is not prolonged");
    practice.joined("ida");
    let kept = practice.record.private_documents("page-session").unwrap().len();
    assert_eq!(kept, 1, "what is over is taken away when somebody signs in");
}

#[test]
fn d5_a_page_that_was_covered_is_signed_in_to_in_place() {
    let practice = Practice::new();
    let cookie = practice.joined("ida");
    let in_place = |body: &str| {
        let form = "application/x-www-form-urlencoded";
        let request = Request::post("/sign-in").header("content-type", form).header("x-in-place", "true");
        practice.ask(request.body(Body::from(body.to_owned())).unwrap())
    };
    let refused = in_place("name=ida&password=wrong+and+wrong&one_time_code=000000");
    assert_eq!((refused.status, refused.cookie.as_str()), (401, ""));
    assert!(refused.text.starts_with("Name, password or code"), "words alone: {}", refused.text);
    assert_eq!(practice.get(&cookie, "/session").status, 200, "who fails to sign in stays who they were");
}

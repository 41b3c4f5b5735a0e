//! What a page weighs.

use crate::made_up::{CROWDED, EMPTY};
use crate::practice::practice;

const KB: usize = 1000;

fn packed_length(address: &str) -> usize {
    let answer = practice().signed_in().with_header("accept-encoding", "gzip").get(address);
    assert_eq!(answer.status, 200, "{address}");
    assert_eq!(answer.header("content-encoding"), Some("gzip"), "{address}");
    answer.body.len()
}

#[test]
fn pages_style_and_script_are_light() {
    let chart = practice().signed_in().get(&format!("/p/{CROWDED}")).text();
    let asset = |extension: &str| {
        let end =
            chart.find(&format!(".{extension}\"")).expect("the page names its assets") + extension.len() + 1;
        chart[chart[..end].rfind('"').unwrap() + 1..end].to_owned()
    };
    let mut pages = vec![
        (asset("css"), 25 * KB),
        (asset("js"), 40 * KB),
        ("/patients".to_owned(), 40 * KB),
        (format!("/p/{}", practice().ordinary_patient()), 60 * KB),
        (format!("/p/{CROWDED}/results"), 60 * KB),
    ];
    pages.push((format!("/p/{CROWDED}"), 60 * KB));
    for (address, limit) in pages {
        let length = packed_length(&address);
        println!("{address}: {length} bytes of {limit}");
        assert!(length <= limit, "{address} has {length} bytes, packed");
    }
}

#[test]
fn pages_have_few_parts() {
    let Some(browser) = practice().browser("pages_have_few_parts") else { return };
    let ordinary = practice().ordinary_patient();
    for (id, limit) in [(EMPTY, 1500), (ordinary, 1500), (CROWDED, 3000)] {
        browser.open(&format!("/p/{id}"));
        let nodes = browser.script("return document.querySelectorAll('*').length").as_u64().unwrap();
        let requests =
            browser.script("return performance.getEntriesByType('resource').length + 1").as_u64().unwrap();
        println!("{id}: {nodes} nodes, {requests} requests");
        assert!(nodes <= limit, "{id} has {nodes} nodes");
        assert!(requests <= 8, "{id} needs {requests} requests");
        let hosts = "return performance.getEntriesByType('resource').every(one => one.name.startsWith(location.origin))";
        assert_eq!(browser.script(hosts), true, "something comes from another host");
    }
}

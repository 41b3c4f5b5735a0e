//! Notes of visits as they are typed: nothing that was written is lost, and every line that is not understood says so.

use super::Target;
use clinic::note::{Note, Part};

pub const TARGET: Target = Target {
    name: "note",
    help: "notes of visits: each line is heading, text, command or a mistake with a message; what is text stays as it is",
    check,
    words: &[
        "\n",
        "# ",
        "/dx ",
        "/rx ",
        "/renew ",
        "/stop ",
        "/lab ",
        "/img ",
        "/ref ",
        "/proc ",
        "/rtc ",
        "/vit ",
        "/all ",
        "/",
        " ",
        ";",
        ",",
        "[E11.9]",
        "[",
        "]",
        "hypertension",
        "amoxicillin 500 mg tid",
        "a1c",
        "lipids",
        "stat",
        "in 3 months",
        "2w",
        "999999999 y",
        "bp 128/82",
        "bp",
        "p 72",
        "t 98.6F",
        "w 186 lb",
        "h 70 in",
        "o2 98%",
        "none",
        "hives",
        "severe",
        "0",
        "-1",
        "\u{202e}",
        "\r\n",
        "é",
    ],
    cases: 8_000,
};

fn check(bytes: &[u8]) {
    let Ok(typed) = std::str::from_utf8(bytes) else { return };
    let note = Note::read(typed);
    assert_eq!(note.lines.len(), typed.lines().count());
    let signed = note.text();
    for (line, typed) in note.lines.iter().zip(typed.lines()) {
        match &line.part {
            Part::Heading(name) => assert!(typed.contains(name.as_str())),
            Part::Text(text) => assert!(signed.contains(text.trim()), "{text:?} is lost"),
            Part::Entry(entry) => {
                let text = entry.text();
                assert!(!text.is_empty() && !text.contains('\n'), "{typed:?}: {text:?}");
                assert!(signed.contains(&text), "{typed:?}: {text:?} is not in {signed:?}");
            }
            Part::Mistake { message, .. } => assert!(!message.is_empty()),
        }
    }
}

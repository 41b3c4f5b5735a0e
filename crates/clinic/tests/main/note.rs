//! The language of notes: commands in a narrative (CH01, OR01, LR01, LR03, LR06).

use clinic::note::command::{COMMANDS, Entry, Severity};
use clinic::note::order::{Interval, Priority};
use clinic::note::{Note, Part, problem_search};
use terminology::Terminology;

const NOTE: &str = "# Subjective\n\
    Tingling in both feet at night.\n\
    # Objective\n\
    /vit bp 142/88 p 72 t 98.6 F w 186 lb h 178 cm\n\
    # Assessment and plan\n\
    /dx Type 2 diabetes mellitus without complications [e11.9]\n\
    Above goal.\n\
    /lab a1c, lipids, magnesium; in 3 months; fasting\n\
    /dx hypertension\n\
    /img chest x-ray; stat\n\
    /all penicillin; severe; hives\n\
    # Follow-up\n\
    /rtc 2w; blood pressure\n\
    # Empty\n\
    \n";

#[test]
fn ch01_a_note_is_read_into_sections_text_and_commands() {
    let note = Note::read(NOTE);
    assert_eq!(note.mistakes().collect::<Vec<_>>(), []);
    let problems: Vec<_> =
        note.entries().map(|(line, entry)| (line.number, entry.kind(), line.problem)).collect();
    assert_eq!(
        problems,
        [
            (4, "Vital signs", None),
            (6, "Problem", None),
            (8, "Laboratory", Some(6)),
            (9, "Problem", None),
            (10, "Imaging", Some(9)),
            (11, "Allergy", Some(9)),
            (13, "Return", None),
        ],
        "what stands below a problem belongs to it, until the next one or a heading"
    );
    let signed = "SUBJECTIVE\n\
        Tingling in both feet at night.\n\n\
        OBJECTIVE\n\
        Blood pressure 142/88 mmHg, Heart rate 72/min, Temperature 37 °C, Weight 84.37 kg, Height 178 cm, BMI 26.6 kg/m²\n\n\
        ASSESSMENT AND PLAN\n\
        * Type 2 diabetes mellitus without complications (E11.9)\n\
        Above goal.\n\
        Laboratory: Hemoglobin A1c, Lipid panel, magnesium in 3 months (fasting)\n\n\
        * hypertension\n\
        Imaging: chest x-ray, stat\n\
        Allergy: penicillin, hives, severe\n\n\
        FOLLOW-UP\n\
        Return in 2 weeks (blood pressure)";
    assert_eq!(note.text(), signed);
}

#[test]
fn every_command_is_taught_by_an_example_that_is_understood() {
    for command in COMMANDS {
        let note = Note::read(command.example);
        assert!(note.mistakes().next().is_none(), "{}", command.example);
        assert!(command.example.starts_with(&format!("/{} ", command.words[0])), "{}", command.example);
        for word in command.words {
            let bare = Note::read(&format!("/{word}"));
            assert!(bare.mistakes().next().is_some(), "/{word} says nothing and is no mistake");
        }
    }
}

#[test]
fn what_is_not_understood_says_where_and_how_to_mend_it() {
    for (typed, message) in [
        ("/xyz", "there is no /xyz"),
        ("/dx", "write the problem behind /dx"),
        ("/dx pain [now]", "no code of ICD-10-CM"),
        ("/vit bp 128", "no blood pressure"),
        ("/vit bp 82/128", "not below the systolic"),
        ("/vit w 8400", "is not possible"),
        ("/vit t 365", "is not possible"),
        ("/vit q 3", "is no vital sign"),
        ("/vit p", "write the value behind 'p'"),
        ("/vit p fast", "is no number"),
        ("/rtc soon", "write in how long"),
        ("/rtc 0 days", "write in how long"),
        ("/all nuts; hives; mild; severe", "one part too many"),
        ("/lab ; stat", "write the tests"),
    ] {
        let note = Note::read(&format!("a line\n{typed}"));
        let mistakes: Vec<_> = note.mistakes().collect();
        assert!(matches!(&mistakes[..], [(2, told)] if told.contains(message)), "{typed}: {mistakes:?}");
        assert!(note.text().contains(typed), "what was typed is kept");
    }
    // A path, a fraction or a comment is no command.
    for text in ["/ 2 a day", "1/2", "//", "/", "/1"] {
        assert!(matches!(&Note::read(text).lines[0].part, Part::Text(_)), "{text}");
    }
}

#[test]
fn lr03_an_allergy_has_substance_reaction_and_severity_and_none_is_said_as_such() {
    let entry = |text: &str| match &Note::read(text).lines[0].part {
        Part::Entry(entry) => entry.clone(),
        part => panic!("{text}: {part:?}"),
    };
    let Entry::Allergy(allergy) = entry("/all latex; severe; swelling of the lips") else { panic!() };
    assert_eq!((allergy.substance.as_str(), allergy.reaction.as_str()), ("latex", "swelling of the lips"));
    assert_eq!(allergy.severity, Some(Severity::Severe));
    for none in ["/all none", "/all NKDA", "/allergy no known allergies"] {
        assert!(matches!(entry(none), Entry::NoKnownAllergies), "{none}");
    }
    let Entry::Order(order) = entry("/ref cardiology; urgent; chest pain; in 1 week") else { panic!() };
    assert_eq!((order.priority, order.remark.as_str()), (Priority::Urgent, "chest pain"));
}

#[test]
fn lr06_every_tenth_that_is_typed_in_customary_units_comes_back() {
    // A weight in pounds is kept to ten grams: from there each tenth of a pound is found again.
    for tenths in 10..6_000 {
        let typed = format!("{}.{}", tenths / 10, tenths % 10);
        let note = Note::read(&format!("/vit w {typed} lb"));
        let text = note.entries().next().unwrap().1.text();
        let kept: f64 = text.strip_prefix("Weight ").unwrap().strip_suffix(" kg").unwrap().parse().unwrap();
        assert_eq!(format!("{:.1}", kept / 0.453_592_37), typed, "{text}");
    }
    for tenths in 700..1_120 {
        let typed = format!("{}.{}", tenths / 10, tenths % 10);
        let note = Note::read(&format!("/vit t {typed}F"));
        let text = note.entries().next().unwrap().1.text();
        let kept: f64 =
            text.strip_prefix("Temperature ").unwrap().strip_suffix(" °C").unwrap().parse().unwrap();
        assert_eq!(format!("{:.1}", kept * 9.0 / 5.0 + 32.0), typed, "{text}");
    }
}

#[test]
fn an_interval_ends_on_a_day_that_there_is() {
    for (interval, day, then) in [
        ("3 months", "2026-11-27", "2027-02-27"),
        ("1m", "2026-01-31", "2026-02-28"),
        ("1 year", "2028-02-29", "2029-02-28"),
        ("2w", "2026-12-25", "2027-01-08"),
        ("in 10 days", "2026-02-25", "2026-03-07"),
    ] {
        let interval = Interval::read(interval).unwrap();
        assert_eq!(interval.after(day).as_deref(), Some(then), "{interval:?}");
    }
    for none in ["", "soon", "3", "0 d", "1000 d", "-1 d", "3 fortnights"] {
        assert_eq!(Interval::read(none), None, "{none}");
    }
}

#[test]
fn lr01_problems_are_found_by_what_people_call_them() {
    let terminology = Terminology::built_in();
    let first =
        |text: &str| problem_search::find(&terminology, text, 8).into_iter().next().map(|one| one.code);
    for (text, code) in [
        ("htn", "I10"),
        ("dm", "E11.9"),
        ("type 2 d", "E11.9"),
        ("gerd", "K21.9"),
        ("asth", "J45.909"),
        ("i10", "I10"),
        ("plantar fasc", "M72.2"),
        ("hypertensive heart dis", "I11.0"),
    ] {
        assert_eq!(
            first(text).as_deref(),
            Some(code),
            "{text}: {:?}",
            problem_search::find(&terminology, text, 8)
        );
    }
    assert_eq!(problem_search::find(&terminology, "  ", 8), []);
    assert_eq!(problem_search::find(&terminology, "ЖЖЖ", 8), []);
}

#[test]
fn a1_a_prescription_is_read_whole_or_told_what_is_missing() {
    let note = Note::read("/rx amoxicillin 500 mg cap po tid 10d #30 r0");
    assert_eq!(
        note.text(),
        "Prescription: amoxicillin — capsule — DOSE 500 mg — by mouth — three times a day — for 10 days — #30 — refills 0"
    );
    for (typed, message) in [
        ("/rx", "write the drug"),
        ("/rx amoxicillin 500 tid", "write the unit of 500"),
        ("/rx amoxicillin 500 mg", "write how often amoxicillin is taken"),
        ("/rx timolol 1 drop od bid", "is not understood"),
        ("/renew", "write which medication goes on"),
        ("/stop ; cough", "write which medication ends"),
    ] {
        let note = Note::read(typed);
        let told: Vec<_> = note.mistakes().collect();
        assert!(matches!(&told[..], [(1, told)] if told.contains(message)), "{typed}: {told:?}");
    }
}

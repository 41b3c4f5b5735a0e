//! Sigs: lines as clinicians type them, the instructions that come of them, and lines that nobody should type.

use crate::random::Random;
use clinic::sig::{PartKind, Reading, Unit, is_forbidden, parse};

/// A line, and the instruction for the patient.
const INSTRUCTIONS: [(&str, &str); 78] = [
    ("amox 500 tid 10d #30 r0", "Take 500 three times a day for 10 days"),
    ("amox 500mg po tid x 10 days #30 r0", "Take 500 mg by mouth three times a day for 10 days"),
    (
        "amoxicillin 500 mg cap 1 cap po tid for 10 days",
        "Take 1 capsule by mouth three times a day for 10 days",
    ),
    ("amox/clav 875/125 mg tab 1 tab bid x10d", "Take 1 tablet twice a day for 10 days"),
    (
        "amoxicillin 400 mg/5 mL susp 5 mL po bid x 7-10 days",
        "Take 5 mL by mouth twice a day for 7 to 10 days",
    ),
    ("lisinopril 10 mg tab 1 po daily #90 refills 3", "Take 1 tablet by mouth daily"),
    (
        "albuterol hfa 1-2 puffs q4-6h prn wheezing",
        "Inhale 1 to 2 puffs every 4 to 6 hours as needed for wheezing",
    ),
    ("albuterol 90 mcg/puff inhaler 2 puffs inh q4h prn", "Inhale 2 puffs every 4 hours as needed"),
    ("budesonide neb 0.5 mg bid", "Inhale 0.5 mg twice a day"),
    ("insulin glargine U-100 10 units subcut qhs", "Inject 10 units under the skin at bedtime"),
    ("insulin lispro 5u sc ac", "Inject 5 units under the skin before meals"),
    ("insulin 70/30 20 units sc b.i.d.", "Inject 20 units under the skin twice a day"),
    ("heparin 5000 units subq q8h", "Inject 5,000 units under the skin every 8 hours"),
    ("vitamin d3 50,000 iu weekly", "Take 50,000 units weekly"),
    ("vitamin b12 1000 mcg im monthly", "Inject 1,000 mcg into a muscle monthly"),
    ("levothyroxine 50 µg qam before breakfast", "Take 50 mcg before breakfast"),
    ("levothyroxine 50 ug every morning", "Take 50 mcg every morning"),
    ("prednisone 20 mg qam with food x 5d", "Take 20 mg every morning with food for 5 days"),
    ("prednisone 10 mg QOD", "Take 10 mg every other day"),
    ("warfarin 5.0 mg QD", "Take 5 mg daily"),
    ("warfarin 2.50 mg q.d.", "Take 2.5 mg daily"),
    ("digoxin .125 mg qd", "Take 0.125 mg daily"),
    (
        "acetaminophen 325 mg 1 to 2 tabs q6h prn pain or fever",
        "Take 1 to 2 tablets every 6 hours as needed for pain or fever",
    ),
    ("acetaminophen one to two tabs q6h prn", "Take 1 to 2 tablets every 6 hours as needed"),
    ("children's tylenol 2 tsp q6h prn fever", "Take 10 mL every 6 hours as needed for fever"),
    ("guaifenesin 1-2 tsp q4h prn cough", "Take 5 to 10 mL every 4 hours as needed for cough"),
    ("amoxicillin 5 cc tid", "Take 5 mL three times a day"),
    ("ibuprofen 600 mg q 6 h prn for headache", "Take 600 mg every 6 hours as needed for headache"),
    ("ibuprofen 600 mg tid with food as needed", "Take 600 mg three times a day with food as needed"),
    ("metformin er tab 500 mg bid with meals", "Take 500 mg twice a day with meals"),
    ("metoclopramide 10 mg qid ac and hs", "Take 10 mg four times a day before meals and at bedtime"),
    ("hydrocortisone 1% cream apply to affected area bid 2w", "Apply to the skin twice a day for 2 weeks"),
    ("triamcinolone 0.1 % ointment top bid x 2 wks", "Apply to the skin twice a day for 2 weeks"),
    ("ketoconazole shampoo apply twice a week", "Apply twice a week"),
    ("estradiol patch 2 times a week", "Apply twice a week"),
    ("fentanyl 25 mcg patch 1 patch td q72h", "Apply 1 patch through the skin every 72 hours"),
    ("alendronate 70 mg once weekly", "Take 70 mg weekly"),
    ("methotrexate 2.5 mg 4 tabs every week", "Take 4 tablets weekly"),
    ("furosemide 20 mg mon wed fri", "Take 20 mg every Monday, Wednesday and Friday"),
    ("furosemide 20 mg MWF", "Take 20 mg every Monday, Wednesday and Friday"),
    ("furosemide 20 mg on tuesday and sat", "Take 20 mg every Tuesday and Saturday"),
    ("latanoprost 1 drop both eyes qhs", "Instill 1 drop in both eyes at bedtime"),
    ("timolol 1 gtt in the right eye q12h", "Instill 1 drop in the right eye every 12 hours"),
    ("ciprofloxacin otic 4 drops left ear bid", "Instill 4 drops in the left ear twice a day"),
    ("fluticasone nasal spray 2 sprays each nostril daily", "Use 2 sprays in each nostril daily"),
    ("nitroglycerin 0.4 mg sl prn chest pain", "Dissolve 0.4 mg under the tongue as needed for chest pain"),
    (
        "ondansetron odt 4 mg q8h prn nausea/vomiting",
        "Dissolve 4 mg every 8 hours as needed for nausea/vomiting",
    ),
    ("nystatin 4 ml qid", "Take 4 mL four times a day"),
    ("ceftriaxone 1 g im once", "Inject 1 g into a muscle one time"),
    ("ceftriaxone 1,000 mg iv q24h x 14 d", "Give 1,000 mg into a vein every 24 hours for 14 days"),
    (
        "epinephrine 0.3 mg im once prn anaphylaxis",
        "Inject 0.3 mg into a muscle one time as needed for anaphylaxis",
    ),
    ("metronidazole 500 mg three times a day for one week", "Take 500 mg three times a day for 1 week"),
    ("azithromycin 250 mg 2 tabs once", "Take 2 tablets one time"),
    ("melatonin 3 mg at bedtime", "Take 3 mg at bedtime"),
    ("sertraline 1/2 tab daily", "Take 0.5 tablet daily"),
    ("sertraline 50 mg ½ tab qam", "Take 0.5 tablet every morning"),
    ("sertraline 50 mg 1 1/2 tabs qam", "Take 1.5 tablets every morning"),
    ("sertraline half a tablet daily", "Take 0.5 tablet daily"),
    ("potassium chloride 20 mEq po bid", "Take 20 mEq by mouth twice a day"),
    ("polyethylene glycol 17 g every day", "Take 17 g daily"),
    ("clotrimazole 1 applicatorful pv qhs x 7 d", "Insert 1 applicatorful vaginally at bedtime for 7 days"),
    (
        "glycerin 1 suppository pr daily prn constipation",
        "Insert 1 suppository rectally daily as needed for constipation",
    ),
    ("tramadol 50 mg 4x/day prn severe pain", "Take 50 mg four times a day as needed for severe pain"),
    ("aciclovir 400 mg 5 times a day x 5 days", "Take 400 mg 5 times a day for 5 days"),
    ("cetirizine 10mg every other day", "Take 10 mg every other day"),
    (
        "oxycodone/acetaminophen 5/325 1 tab q6h prn pain #12 r0",
        "Take 1 tablet every 6 hours as needed for pain",
    ),
    ("amlodipine 5 mg or 10 mg daily", "Take 5 to 10 mg daily"),
    ("gabapentin 300 mg tid, #90, 2 refills", "Take 300 mg three times a day"),
    (
        "ergocalciferol 50000 units every 2 weeks for 3 months",
        "Take 50,000 units every other week for 3 months",
    ),
    ("leuprolide 7.5 mg im every month", "Inject 7.5 mg into a muscle monthly"),
    ("zolpidem 5 mg every night at bedtime prn insomnia", "Take 5 mg at bedtime as needed for insomnia"),
    (
        "hydroxyzine 25 mg q8h prn itching x 5 days",
        "Take 25 mg every 8 hours as needed for itching for 5 days",
    ),
    ("amox 500 mg three times daily x 1 wk", "Take 500 mg three times a day for 1 week"),
    ("amox 500 mg 2 caps twice daily", "Take 2 capsules twice a day"),
    ("lorazepam 1 mg 30 min", "Take 1 mg for 30 minutes"),
    ("MSO4 2 mg iv q4h prn pain", "Give 2 mg into a vein every 4 hours as needed for pain"),
    ("benzocaine 1 lozenge q2h prn sore throat", "Take 1 lozenge every 2 hours as needed for sore throat"),
    ("aspirin", ""),
];

fn whole(line: &str) -> Reading {
    let reading = parse(line);
    assert_eq!(reading.unread, [], "{line}");
    reading
}

#[test]
fn a1_typed_lines_become_instructions() {
    for (line, expected) in INSTRUCTIONS {
        assert_eq!(whole(line).sig.instruction(), expected, "{line}");
    }
}

#[test]
fn a1_a_line_is_read_again_as_the_same_sig() {
    for (line, _) in INSTRUCTIONS {
        let sig = whole(line).sig;
        assert_eq!(whole(&sig.line_text()).sig, sig, "{line}: {}", sig.line_text());
    }
}

/// Save its verb, which may come from the form of the drug.
#[test]
fn a1_an_instruction_is_read_again_as_itself() {
    let behind_verb = |instruction: &str| instruction.split_once(' ').map(|(_, behind)| behind.to_owned());
    for (line, expected) in INSTRUCTIONS {
        let again = whole(&format!("drug {expected}")).sig.instruction();
        assert_eq!(behind_verb(&again), behind_verb(expected), "{line}");
    }
}

#[test]
fn a1_the_parts_of_a_line_stand_in_their_order() {
    let line = "amoxicillin 1000 mg tabs 2 tabs po tid prn pain 10d #1000 r1";
    let parts = whole(line).sig.line();
    let texts: Vec<(PartKind, &str)> = parts.iter().map(|part| (part.kind, part.text.as_str())).collect();
    let expected = [
        (PartKind::Name, "amoxicillin"),
        (PartKind::Strength, "1,000 mg"),
        (PartKind::Form, "tablet"),
        (PartKind::Dose, "DOSE 2 tablets"),
        (PartKind::Route, "by mouth"),
        (PartKind::Frequency, "three times a day as needed for pain"),
        (PartKind::Duration, "for 10 days"),
        (PartKind::Quantity, "#1,000"),
        (PartKind::Refills, "refills 1"),
    ];
    assert_eq!(texts, expected);
    assert!(parts.is_sorted_by_key(|part| part.kind));
}

#[test]
fn a1_an_amount_without_unit_waits_for_the_drug() {
    let reading = whole("amox 500 tid 10d #30 r0");
    assert!(reading.notices.iter().any(|notice| notice.text.contains("no unit")), "{:?}", reading.notices);
    let sig = reading.sig.in_unit(Unit::named("mg").unwrap());
    assert_eq!(sig.instruction(), "Take 500 mg three times a day for 10 days");
    assert_eq!((sig.drug.as_str(), sig.refills), ("amox", Some(0)));
    let with_unit = whole("amox 1 g tid").sig;
    assert_eq!(with_unit.clone().in_unit(Unit::named("mg").unwrap()), with_unit);
}

/// What must not be written, and where the notice points.
#[test]
fn a1_what_was_rewritten_is_told() {
    let cases = [
        ("x 5 mg QD", 8, "daily"),
        ("x 5 mg q.o.d.", 8, "every other day"),
        ("x 5 U tid", 5, "unit"),
        ("x 5 IU tid", 5, "unit"),
        ("x 5 µg tid", 5, "mcg"),
        ("x 5 cc tid", 5, "mL"),
        ("x .5 mg tid", 3, "0.5"),
        ("x 5.0 mg tid", 3, "zero"),
        ("MS 5 mg tid", 1, "morphine sulfate"),
        ("MgSO4 2 g iv once", 1, "magnesium sulfate"),
        ("x 5 mg hs", 8, "at bedtime"),
    ];
    for (line, position, words) in cases {
        let reading = whole(line);
        let notice = reading.notices.first().unwrap_or_else(|| panic!("{line}: nothing is told"));
        assert_eq!(notice.position, position, "{line}");
        assert!(notice.text.contains(words), "{line}: {}", notice.text);
        assert!(!is_forbidden(&reading.sig.line_text()), "{line}: {}", reading.sig.line_text());
    }
    assert_eq!(whole("amoxicillin 500 mg tid").notices, []);
}

/// A line, and each piece that cannot be read with its place.
#[test]
fn a1_what_cannot_be_read_is_given_back() {
    let cases: [(&str, &[(usize, &str)]); 16] = [
        ("latanoprost 1 gtt od qhs", &[(19, "od")]),
        ("latanoprost 1 gtt OU qhs", &[(19, "OU")]),
        ("cipro 4 gtts as bid", &[(14, "as")]),
        ("amox 500 mg biweekly", &[(13, "biweekly")]),
        ("amox 500 mg bid tid", &[(17, "tid")]),
        ("amox 500 mg po iv", &[(16, "iv")]),
        ("amox 500 mg foo bar tid", &[(13, "foo"), (17, "bar")]),
        ("amox 500mgx tid", &[(6, "500mgx")]),
        ("amox 1,5 g q6h", &[(6, "1,5"), (10, "g")]),
        ("amox 1.2.3 mg q6h", &[(6, "1.2.3"), (12, "mg")]),
        ("amox 5-325 mg daily", &[(6, "5-325 mg")]),
        ("amox 10-5 mg daily", &[(6, "10-5 mg")]),
        ("amox 0 mg daily", &[(6, "0"), (8, "mg")]),
        ("амоксициллин ٥٠٠ mg tid", &[(14, "٥٠٠"), (18, "mg")]),
        ("amox 500 mg tid r100", &[(17, "r100")]),
        ("amox 500 mg 3m", &[(13, "3m")]),
    ];
    for (line, expected) in cases {
        let reading = parse(line);
        let unread: Vec<_> =
            reading.unread.iter().map(|unread| (unread.position, unread.text.as_str())).collect();
        assert_eq!(unread, expected, "{line}");
        assert!(reading.unread.iter().all(|unread| !unread.remedy.is_empty()));
    }
    let long = format!("amox {}", "word ".repeat(200));
    assert_eq!(parse(&long).unread.last().unwrap().position, clinic::sig::LENGTH_MAX + 1);
}

#[test]
fn a1_other_scripts_are_kept_in_the_drug() {
    for drug in ["амоксициллин", "أموكسيسيلين", "アモキシシリン", "amoxicilina-clavulánico"]
    {
        let reading = whole(&format!("{drug} 500 mg tid"));
        assert_eq!(reading.sig.drug, drug);
        assert_eq!(reading.sig.instruction(), "Take 500 mg three times a day");
    }
    // A mark that turns the direction of writing could show another dose than is read.
    assert_eq!(parse("amox\u{202e} 500 mg tid").unread[0].position, 1);
}

#[test]
fn a1_a_dosage_has_every_part_as_data() {
    let json = |line: &str| whole(line).sig.dosage().to_json();
    assert_eq!(
        json("amox 500 mg po tid 10d"),
        r#"{"text":"Take 500 mg by mouth three times a day for 10 days","timing":{"repeat":{"boundsDuration":{"value":10,"unit":"day","system":"http://unitsofmeasure.org","code":"d"},"frequency":3,"period":1,"periodUnit":"d"},"code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation","code":"TID"}],"text":"three times a day"}},"route":{"coding":[{"system":"http://snomed.info/sct","code":"26643006","display":"Oral route"}],"text":"by mouth"},"doseAndRate":[{"doseQuantity":{"value":500,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}}]}"#
    );
    assert_eq!(
        json("tylenol 1-2 tabs q4-6h prn pain"),
        r#"{"text":"Take 1 to 2 tablets every 4 to 6 hours as needed for pain","timing":{"repeat":{"frequency":1,"period":4,"periodMax":6,"periodUnit":"h"}},"asNeededCodeableConcept":{"text":"pain"},"doseAndRate":[{"doseRange":{"low":{"value":1,"unit":"tablet"},"high":{"value":2,"unit":"tablets"}}}]}"#
    );
    let pieces = [
        ("x 5 mg prn", r#""asNeededBoolean":true"#),
        ("x 5 mg mon fri", r#""repeat":{"dayOfWeek":["mon","fri"]}"#),
        (
            "x 5 mg qhs",
            r#""when":["HS"]},"code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation","code":"BED"}],"text":"at bedtime"}"#,
        ),
        (
            "x 5 mg qam with food",
            r#""additionalInstruction":[{"text":"with food"}],"timing":{"repeat":{"when":["MORN"]}}"#,
        ),
        ("x 5 mg tid with food", r#""frequency":3,"period":1,"periodUnit":"d","when":["C"]"#),
        ("x 5 mg once", r#""repeat":{"count":1}"#),
        ("x 5 mg qod", r#""code":"QOD"}],"text":"every other day""#),
        (
            "x 0.050 mcg bid for 7-10 days",
            r#""value":0.05,"unit":"mcg","system":"http://unitsofmeasure.org","code":"ug""#,
        ),
        ("x 1 drop right eye bid", r#""site":{"text":"right eye"}"#),
    ];
    for (line, piece) in pieces {
        assert!(json(line).contains(piece), "{line}: {}", json(line));
    }
}

/// The names of parts that a generated line is put together from, in any order behind the drug.
fn generated(random: &mut Random) -> String {
    let choices: [&[&str]; 9] = [
        &[
            "",
            "500 mg",
            "0.5 mg",
            ".25 mg",
            "5.0 mg",
            "10 units",
            "5u",
            "875/125 mg",
            "400 mg/5 mL",
            "1%",
            "1,250 mcg",
            "5/325",
        ],
        &["", "tab", "caps", "cream", "er tab", "odt", "susp", "patch"],
        &["", "2 tabs", "1-2 puffs", "1/2 tab", "dose 3", "10 mL", "1 to 2 tsp", "one drop", "250"],
        &["", "po", "sl", "iv", "sc", "both eyes", "topically", "inh"],
        &[
            "",
            "bid",
            "QD",
            "qod",
            "q4-6h",
            "every 2 weeks",
            "3 times a week",
            "mon wed",
            "once",
            "qhs",
            "tid ac",
            "4x/day",
            "qam with food",
        ],
        &["", "prn", "prn pain", "as needed for sore throat", "prn nausea/vomiting"],
        &["", "10d", "x 2 weeks", "for 3 months", "x 7-10 days"],
        &["", "#30", "qty 1000", "disp 30 tabs", "#.5"],
        &["", "r0", "3 refills", "no refills"],
    ];
    let drugs = [
        "amox",
        "insulin glargine",
        "vitamin b12",
        "MS",
        "MgSO4",
        "st. john's wort",
        "co-trimoxazole",
        "цинк",
    ];
    let mut parts: Vec<&str> = choices.iter().map(|choice| choice[random.below(choice.len())]).collect();
    for index in 0..parts.len() {
        let other = random.below(parts.len());
        parts.swap(index, other);
    }
    format!("{} {}", random.pick(&drugs), parts.join(" "))
}

#[test]
fn a1_generated_lines_are_read_again_as_the_same() {
    let mut random = Random::seeded();
    for _ in 0..3_000 {
        let line = generated(&mut random);
        check(&line);
    }
}

#[test]
fn a1_hostile_lines_are_read_or_given_back() {
    let mut random = Random::seeded();
    let pieces = [
        "amox",
        " ",
        " ",
        " ",
        "500",
        "mg",
        "/",
        "-",
        ".",
        ",",
        "0",
        "#",
        "r",
        "x",
        "q",
        "h",
        "d",
        "prn",
        "for",
        "U",
        "MS",
        "qd",
        "mon",
        "1/2",
        "½",
        "%",
        "—",
        "DOSE",
        "to",
        "as needed",
        "every",
        "\u{0}",
        "\u{202e}",
        "é",
        "٥",
        "\u{301}",
        "😀",
        "999999999999",
        "by mouth",
        "od",
        "tsp",
        "mso",
        "4",
        "-",
        "\t",
        "<b>",
        "a",
    ];
    for _ in 0..6_000 {
        let line: String = (0..random.below(14)).map(|_| *random.pick(&pieces.each_ref())).collect();
        check(&line);
    }
}

/// What holds for every line.
fn check(line: &str) {
    let reading = parse(line);
    let sig = &reading.sig;
    let text = sig.line_text();
    let again = parse(&text);
    assert_eq!(again.sig, *sig, "{line:?}: {text:?}");
    assert_eq!(again.unread, [], "{line:?}: {text:?}");
    let instruction = sig.instruction();
    for output in [&text, &instruction] {
        assert!(!is_forbidden(output), "{line:?}: {output:?}");
        assert!(!is_misread(output), "{line:?}: {output:?}");
    }
    sig.dosage().to_document();
    for unread in &reading.unread {
        let found: String =
            line.chars().skip(unread.position - 1).take(unread.text.chars().count()).collect();
        assert_eq!(found, unread.text, "{line:?}");
    }
}

/// The rules for numbers and abbreviations, asked another way than by the program: character by character.
fn is_misread(text: &str) -> bool {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '.' && letter != ',');
    words.filter(|word| !word.is_empty()).any(|word| {
        let lower = word.to_lowercase();
        let number = word.trim_end_matches(['.', ',']);
        let is_number = number.chars().all(|letter| letter.is_ascii_digit() || ".,".contains(letter));
        let ends_in_zero = number.split_once('.').is_some_and(|(_, fraction)| fraction.ends_with('0'));
        let naked = number.starts_with('.') && number.len() > 1;
        let banned = ["qd", "qod", "u", "iu", "ms", "mso4", "mgso4", "µg", "cc", "od", "os", "ou"]
            .contains(&lower.as_str());
        banned || (is_number && (ends_in_zero || naked))
    })
}

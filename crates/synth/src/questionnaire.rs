//! The PHQ-9 and GAD-7 questionnaires (public domain) and how their totals divide over the items.

use crate::chart::resource;
use crate::coding::{LOINC, coding, hl7};
use crate::practice::Practice;
use crate::random::Random;
use fhir::{Object, Value, array, object};

/// A questionnaire whose items all count 0 to 3.
pub(crate) struct Scale {
    /// Number among the Questionnaires, and its name.
    pub number: u64,
    pub name: &'static str,
    pub title: &'static str,
    /// LOINC code of the panel.
    pub panel: &'static str,
    /// LOINC code and display of the total.
    pub total: &'static str,
    pub total_display: &'static str,
    /// LOINC code and words of each item.
    pub items: &'static [(&'static str, &'static str)],
}

/// LOINC answer code and words, worth 0 to 3.
const ANSWERS: [(&str, &str); 4] = [
    ("LA6568-5", "Not at all"),
    ("LA6569-3", "Several days"),
    ("LA6570-1", "More than half the days"),
    ("LA6571-9", "Nearly every day"),
];

/// Patient Health Questionnaire: depression.
pub(crate) const PHQ_9: Scale = Scale {
    number: 0,
    name: "PHQ-9",
    title: "Patient Health Questionnaire (PHQ-9)",
    panel: "44249-1",
    total: "44261-6",
    total_display: "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]",
    items: &[
        ("44250-9", "Little interest or pleasure in doing things"),
        ("44255-8", "Feeling down, depressed, or hopeless"),
        ("44259-0", "Trouble falling or staying asleep, or sleeping too much"),
        ("44254-1", "Feeling tired or having little energy"),
        ("44251-7", "Poor appetite or overeating"),
        (
            "44258-2",
            "Feeling bad about yourself, or that you are a failure or have let yourself or your family down",
        ),
        ("44252-5", "Trouble concentrating on things, such as reading the newspaper or watching television"),
        ("44253-3", "Moving or speaking so slowly that other people could have noticed, or the opposite"),
        ("44260-8", "Thoughts that you would be better off dead, or of hurting yourself in some way"),
    ],
};

/// Generalized Anxiety Disorder scale.
pub(crate) const GAD_7: Scale = Scale {
    number: 1,
    name: "GAD-7",
    title: "Generalized Anxiety Disorder scale (GAD-7)",
    panel: "69737-5",
    total: "70274-6",
    total_display: "Generalized anxiety disorder 7 item (GAD-7) total score [Reported.PHQ]",
    items: &[
        ("69725-0", "Feeling nervous, anxious, or on edge"),
        ("68509-9", "Not being able to stop or control worrying"),
        ("69733-4", "Worrying too much about different things"),
        ("69734-2", "Trouble relaxing"),
        ("69735-9", "Being so restless that it is hard to sit still"),
        ("69689-8", "Becoming easily annoyed or irritable"),
        ("69736-7", "Feeling afraid as if something awful might happen"),
    ],
};

/// The Questionnaires of the practice.
pub(crate) fn resources(practice: &Practice) -> impl Iterator<Item = Value> {
    [PHQ_9, GAD_7].into_iter().map(|scale| questionnaire(practice, &scale))
}

/// The canonical address of a questionnaire.
pub(crate) fn canonical(scale: &Scale) -> String {
    format!("https://meadowbrook.example.org/fhir/Questionnaire/{}", scale.name)
}

fn questionnaire(practice: &Practice, scale: &Scale) -> Value {
    let options: Vec<Value> = (0..4).map(|points| object! { "valueCoding" => answer(points) }).collect();
    let items: Vec<Value> = scale
        .items
        .iter()
        .map(|(code, text)| {
            object! {
                "linkId" => *code, "code" => array![object! { "system" => LOINC, "code" => *code }],
                "text" => *text, "type" => "choice", "required" => true, "answerOption" => options.clone(),
            }
        })
        .collect();
    let mut fields = Object::new();
    fields.set("url", canonical(scale));
    fields.set("version", "1");
    fields.set("name", scale.name.replace('-', ""));
    fields.set("title", scale.title);
    fields.set("status", "active");
    fields.set("subjectType", array!["Patient"]);
    fields.set("code", array![object! { "system" => LOINC, "code" => scale.panel }]);
    fields.set("item", items);
    resource("Questionnaire", &practice.id("Questionnaire", scale.number), None, fields)
}

/// The answer worth some points, with its score.
fn answer(points: usize) -> Value {
    let (code, display) = ANSWERS[points];
    let mut answer = coding(LOINC, code, display);
    if let Some(object) = answer.as_object_mut() {
        let score = object! {
            "url" => "http://hl7.org/fhir/StructureDefinition/ordinalValue",
            "valueDecimal" => Value::number(points.to_string()),
        };
        object.set_at(0, "extension", array![score]);
    }
    answer
}

/// Divides a total over the items; the last item of the PHQ-9 (self-harm) gets points last and few.
pub(crate) fn divide(scale: &Scale, total: i32, random: &mut Random) -> Vec<usize> {
    let mut points = vec![0; scale.items.len()];
    let spared = if scale.number == PHQ_9.number { 1 } else { 0 };
    let common = points.len() - spared;
    for given in 0..total.clamp(0, 3 * i32::try_from(points.len()).unwrap_or(0)) {
        let full = usize::try_from(given).unwrap_or(0) >= 3 * common;
        let mut at = if full { common } else { random.below(common) };
        while points[at] == 3 {
            at = (at + 1) % common;
        }
        points[at] += 1;
    }
    points
}

/// The items of a QuestionnaireResponse.
pub(crate) fn answered_items(scale: &Scale, points: &[usize]) -> Vec<Value> {
    scale
        .items
        .iter()
        .zip(points)
        .map(|((code, text), points)| {
            object! {
                "linkId" => *code, "text" => *text,
                "answer" => array![object! { "valueCoding" => answer(*points) }],
            }
        })
        .collect()
}

/// Kept here so that the two scales and the category agree.
pub(crate) fn survey_category() -> Value {
    array![object! { "coding" => array![coding(&hl7("observation-category"), "survey", "Survey")] }]
}

//! The Patient resource with what belongs to the person: coverage and related people.

use super::person::{Person, Sex};
use crate::chart::Chart;
use crate::coding::{code_only, coding, concept, hl7, named_reference, reference, us_core};
use crate::foundation::{Payer, clinician_reference, payer};
use crate::random::{Random, hash_text};
use fhir::{Object, Value, array, object};

/// Puts the Patient, the Coverage and the related people into the chart.
pub(crate) fn resources(chart: &mut Chart) {
    let person = chart.person.clone();
    let mut random = Random::new(&[person.seed, hash_text("patient")]);
    let patient = patient(chart, &person, &mut random);
    chart.put_patient(patient);
    coverage(chart, &person, &mut random);
    contacts(chart, &person, &mut random);
}

fn patient(chart: &Chart, person: &Person, random: &mut Random) -> Object {
    let practice = chart.practice;
    let mut fields = Object::new();
    fields.set("extension", extensions(person));
    fields.set("identifier", identifiers(person, random));
    fields.set("active", person.deceased.is_none());
    fields.set("name", names(person));
    fields.set("telecom", telecom(person, random));
    fields.set("gender", person.sex.word());
    fields.set("birthDate", person.birth.to_string());
    if let Some(date) = person.deceased {
        fields.set("deceasedDateTime", date.to_string());
    }
    fields.set("address", array![address(person)]);
    if person.age(practice.settings.today) >= 18 {
        fields.set("maritalStatus", marital_status(person, random));
    }
    if person.is_twin {
        fields.set("multipleBirthBoolean", true);
    }
    fields.set("communication", communication(person));
    fields.set("generalPractitioner", array![clinician_reference(practice, person.clinician)]);
    fields.set("managingOrganization", reference(&practice.reference("Organization", 0)));
    fields
}

fn extensions(person: &Person) -> Value {
    let mut extensions = vec![race(person.group), ethnicity(person.group)];
    let letter = if person.sex == Sex::Female { "F" } else { "M" };
    extensions.push(object! { "url" => us_core("birthsex"), "valueCode" => letter });
    if person.needs_interpreter {
        extensions.push(object! {
            "url" => "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
            "valueBoolean" => true,
        });
    }
    Value::Array(extensions)
}

const OMB: &str = "urn:oid:2.16.840.1.113883.6.238";

fn race(group: &str) -> Value {
    let (code, display) = match group {
        "b" => ("2054-5", "Black or African American"),
        "e" | "s" | "v" => ("2028-9", "Asian"),
        "i" => ("1002-5", "American Indian or Alaska Native"),
        _ => ("2106-3", "White"),
    };
    omb_extension("race", code, display)
}

fn ethnicity(group: &str) -> Value {
    let (code, display) =
        if group == "h" { ("2135-2", "Hispanic or Latino") } else { ("2186-5", "Not Hispanic or Latino") };
    omb_extension("ethnicity", code, display)
}

fn omb_extension(name: &str, code: &str, display: &str) -> Value {
    object! {
        "extension" => array![
            object! { "url" => "ombCategory", "valueCoding" => coding(OMB, code, display) },
            object! { "url" => "text", "valueString" => display },
        ],
        "url" => us_core(name),
    }
}

fn identifiers(person: &Person, random: &mut Random) -> Value {
    let number = format!("{:07}", u64::from(person.index) + 1_000_001);
    let mut all = vec![object! {
        "use" => "usual",
        "type" => concept(&hl7("v2-0203"), "MR", "Medical record number"),
        "system" => "https://meadowbrook.example.org/identifiers/medical-record-number",
        "value" => number,
    }];
    if random.chance(0.5) && person.mother.is_none() {
        all.push(object! {
            "use" => "official",
            "type" => concept(&hl7("v2-0203"), "DL", "Driver's license number"),
            "system" => "urn:oid:2.16.840.1.113883.4.3.39",
            "value" => format!("ZZ{:06}", random.below(1_000_000)),
        });
    }
    Value::Array(all)
}

fn names(person: &Person) -> Value {
    let mut given = vec![person.given];
    given.extend(person.middle);
    let mut all = vec![object! { "use" => "official", "family" => person.family.as_str(), "given" => given }];
    if let Some(short) = person.preferred {
        all.push(object! { "use" => "usual", "family" => person.family.as_str(), "given" => array![short] });
    }
    if let Some(maiden) = person.maiden_name {
        all.push(object! { "use" => "maiden", "family" => maiden });
    }
    Value::Array(all)
}

fn telecom(person: &Person, random: &mut Random) -> Value {
    let kind = if random.chance(0.75) { "mobile" } else { "home" };
    let mut all = vec![
        object! { "system" => "phone", "value" => person.phone.as_str(), "use" => kind, "rank" => 1_i64 },
    ];
    if person.mother.is_none() && random.chance(0.8) {
        let plain: String = person.given.chars().filter(char::is_ascii_alphabetic).collect();
        let address = format!("{}.{}@example.org", plain.to_lowercase(), 1000 + u64::from(person.index));
        all.push(object! { "system" => "email", "value" => address, "use" => "home" });
    }
    Value::Array(all)
}

fn address(person: &Person) -> Value {
    let home = &person.address;
    object! {
        "use" => "home", "type" => "both", "line" => array![home.line.as_str()], "city" => home.city,
        "state" => home.state, "postalCode" => home.postal_code, "country" => "US",
    }
}

fn marital_status(person: &Person, random: &mut Random) -> Value {
    let (code, display) = match (person.partner, random.below(3)) {
        (Some(_), _) => ("M", "Married"),
        (None, 0) => ("D", "Divorced"),
        (None, _) => ("S", "Never Married"),
    };
    concept(&hl7("v3-MaritalStatus"), code, display)
}

fn communication(person: &Person) -> Value {
    let (tag, name) = person.language;
    array![object! { "language" => concept("urn:ietf:bcp:47", tag, name), "preferred" => true }]
}

/// The old have Medicare, others a plan of an employer or Medicaid; some have none.
fn coverage(chart: &mut Chart, person: &Person, random: &mut Random) {
    let age = person.age(chart.practice.settings.today);
    let kind = match age {
        65.. => Payer::Medicare,
        ..18 if random.chance(0.35) => Payer::Medicaid,
        _ => [Payer::Commercial, Payer::CommercialOther, Payer::Medicaid, Payer::None]
            [random.weighted([0.5, 0.28, 0.14, 0.08].into_iter())],
    };
    let Some((payer_reference, payer_name, type_code, type_name)) = payer(chart.practice, kind) else {
        return;
    };
    let member = format!("{}{:08}", &type_code[..1], random.below(100_000_000));
    let subscriber = person.mother.filter(|_| kind != Payer::Medicaid);
    let relationship = if subscriber.is_some() { ("child", "Child") } else { ("self", "Self") };
    let holder = subscriber.unwrap_or(person.index);
    let start = person.joined;
    let mut fields = Object::new();
    fields.set(
        "identifier",
        array![object! {
            "type" => concept(&hl7("v2-0203"), "MB", "Member Number"),
            "system" => "https://payers.example.org/member-number", "value" => member.as_str(),
        }],
    );
    fields.set("status", "active");
    fields.set("type", concept(&hl7("v3-ActCode"), type_code, type_name));
    fields.set("subscriber", reference(&chart.practice.reference("Patient", u64::from(holder))));
    fields.set("subscriberId", member);
    fields.set("beneficiary", reference(&chart.patient));
    fields.set("relationship", concept(&hl7("subscriber-relationship"), relationship.0, relationship.1));
    fields.set("period", object! { "start" => start.to_string() });
    fields.set("payor", array![named_reference(&payer_reference, payer_name)]);
    fields.set(
        "class",
        array![object! {
            "type" => concept(&hl7("coverage-class"), "plan", "Plan"),
            "value" => type_code, "name" => format!("{payer_name} {type_name}"),
        }],
    );
    chart.add("Coverage", Some("coverage"), fields);
}

/// A guardian for a child, an emergency contact for most grown-ups.
fn contacts(chart: &mut Chart, person: &Person, random: &mut Random) {
    if let Some(mother) = person.mother {
        let mother = Person::of(chart.practice, mother);
        let name = object! { "family" => mother.family.as_str(), "given" => array![mother.given] };
        related(chart, name, ("MTH", "mother"), &mother.phone, "female", true);
    } else if let Some(partner) = person.partner {
        let partner = Person::of(chart.practice, partner);
        let name = object! { "family" => partner.family.as_str(), "given" => array![partner.given] };
        related(chart, name, ("SPS", "spouse"), &partner.phone, partner.sex.word(), false);
    } else if random.chance(0.7) {
        let sex = if random.chance(0.5) { Sex::Female } else { Sex::Male };
        let (gap, role) = *random.pick(&[
            (0, ("FRND", "unrelated friend")),
            (3, ("SIB", "sibling")),
            (28, ("CHILD", "child")),
        ]);
        let given = super::names::given(random, person.group, sex, person.birth.year() + gap);
        let role = if role.0 == "CHILD" && person.age(chart.practice.settings.today) < 45 {
            ("PRN", "parent")
        } else {
            role
        };
        let name = object! { "family" => person.family.as_str(), "given" => array![given] };
        let phone = format!("(614) 555-01{:02}", random.below(100));
        related(chart, name, role, &phone, sex.word(), false);
    }
}

fn related(chart: &mut Chart, name: Value, role: (&str, &str), phone: &str, gender: &str, guardian: bool) {
    let mut relationships = vec![concept(&hl7("v3-RoleCode"), role.0, role.1)];
    relationships.push(if guardian {
        concept(&hl7("v3-RoleCode"), "GUARD", "guardian")
    } else {
        code_only(&hl7("v2-0131"), "C")
    });
    let mut fields = Object::new();
    fields.set("active", true);
    fields.set("patient", reference(&chart.patient));
    fields.set("relationship", relationships);
    fields.set("name", array![name]);
    fields.set("telecom", array![object! { "system" => "phone", "value" => phone, "use" => "mobile" }]);
    fields.set("gender", gender);
    chart.add("RelatedPerson", Some("relatedperson"), fields);
}

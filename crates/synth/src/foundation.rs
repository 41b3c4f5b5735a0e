//! The practice itself: organisations, sites and rooms, staff, services, schedules, questionnaires.

use crate::chart::resource;
use crate::coding::{NPI, SNOMED, coding, concept, hl7, named_reference, reference, words};
use crate::content::{Staff, staff};
use crate::practice::Practice;
use crate::questionnaire;
use fhir::{Object, Value, array, object};

/// The name of the practice.
pub(crate) const NAME: &str = "Meadowbrook Family Health";
/// Rooms of a site.
pub(crate) const ROOMS: usize = 6;
/// Number of the laboratory among the organisations; the practice is 0.
pub(crate) const LABORATORY: u64 = 5;

/// A place of care: name, street, town, postal code, latitude, longitude.
type Site = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// The sites.
pub(crate) const SITES: [Site; 3] = [
    ("Meadowbrook Main Street", "1200 Meadowbrook Main Street", "Columbus", "43215", "39.9612", "-82.9988"),
    ("Meadowbrook North", "450 Orchard Crossing", "Westerville", "43081", "40.1262", "-82.9291"),
    ("Meadowbrook West", "77 Prairie Commons", "Hilliard", "43026", "40.0334", "-83.1582"),
];

/// Who pays.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payer {
    Commercial,
    CommercialOther,
    Medicare,
    Medicaid,
    None,
}

/// Name of a payer, and code (v3-ActCode) and display of the kind of plan.
const PAYERS: [(&str, &str, &str); 4] = [
    ("Buckeye Mutual Health Plan", "EHCPOL", "employee healthcare"),
    ("Great Lakes Benefit Trust", "EHCPOL", "employee healthcare"),
    ("Medicare", "RETIRE", "retiree health program"),
    ("Ohio Medicaid", "SUBSIDIZ", "subsidized health program"),
];

/// `Organization/id`, name, code and display of a payer's plan.
pub(crate) fn payer(
    practice: &Practice,
    payer: Payer,
) -> Option<(String, &'static str, &'static str, &'static str)> {
    let at = match payer {
        Payer::Commercial => 0,
        Payer::CommercialOther => 1,
        Payer::Medicare => 2,
        Payer::Medicaid => 3,
        Payer::None => return None,
    };
    let (name, code, display) = PAYERS[at];
    Some((practice.reference("Organization", at as u64 + 1), name, code, display))
}

/// Name with credential of a member of the staff.
pub(crate) fn staff_name(one: &Staff) -> String {
    let name = format!("{} {}", one.given, one.family);
    one.credential.map_or(name.clone(), |credential| format!("{name}, {credential}"))
}

/// Reference to a Practitioner by position in the staff.
pub(crate) fn clinician_reference(practice: &Practice, position: usize) -> Value {
    named_reference(&practice.reference("Practitioner", position as u64), &staff_name(&staff()[position]))
}

/// Reference to a site's Location.
pub(crate) fn site_reference(practice: &Practice, site: usize) -> Value {
    named_reference(&practice.reference("Location", site as u64), SITES[site].0)
}

/// Number of a room among the locations.
pub(crate) fn room_number(site: usize, room: usize) -> u64 {
    100 + (site * ROOMS + room) as u64
}

/// The staff who see patients, by position.
pub(crate) fn clinicians() -> impl Iterator<Item = (usize, &'static Staff)> {
    staff().iter().enumerate().filter(|(_, one)| one.sees != "-")
}

/// All resources that stand before any patient.
pub(crate) fn resources(practice: &Practice) -> Vec<Value> {
    let mut all = organisations(practice);
    for site in 0..SITES.len() {
        all.push(site_resource(practice, site));
        all.extend((0..ROOMS).map(|room| room_resource(practice, site, room)));
    }
    all.extend(services(practice));
    for (position, one) in staff().iter().enumerate() {
        all.push(practitioner(practice, position, one));
        all.push(role(practice, position, one));
    }
    all.extend(clinicians().map(|(position, one)| schedule(practice, position, one)));
    all.extend(questionnaire::resources(practice));
    all
}

/// Members of an object value.
fn fields(value: Value) -> Object {
    if let Value::Object(object) = value { object } else { Object::new() }
}

fn make(practice: &Practice, type_name: &str, number: u64, profile: Option<&str>, value: Value) -> Value {
    resource(type_name, &practice.id(type_name, number), profile, fields(value))
}

/// A National Provider Identifier from a prefix that is not issued, with the check digit of ISO/IEC 7812 over the
/// prefix 80840.
fn npi(number: u64) -> String {
    let nine = format!("{:09}", 199_900_000 + number);
    let sum: u32 = nine
        .bytes()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
        })
        .sum();
    format!("{nine}{}", (10 - (sum + 24) % 10) % 10)
}

fn npi_identifier(number: u64) -> Value {
    object! { "use" => "official", "system" => NPI, "value" => npi(number) }
}

fn phone(last: u64) -> Value {
    object! { "system" => "phone", "value" => format!("(614) 555-01{last:02}"), "use" => "work" }
}

fn organisations(practice: &Practice) -> Vec<Value> {
    let (_, street, city, postal_code, ..) = SITES[0];
    let own = object! {
        "identifier" => array![npi_identifier(0)],
        "active" => true,
        "type" => array![concept(&hl7("organization-type"), "prov", "Healthcare Provider")],
        "name" => NAME,
        "telecom" => array![
            phone(0),
            object! { "system" => "email", "value" => "office@meadowbrook.example.org", "use" => "work" },
        ],
        "address" => array![address(street, city, postal_code)],
    };
    let mut all = vec![make(practice, "Organization", 0, Some("organization"), own)];
    let others = PAYERS.iter().map(|payer| (payer.0, "pay", "Payer"));
    let others = others.chain([("Riverbend Reference Laboratory", "other", "Other")]);
    for (number, (name, code, display)) in (1..).zip(others) {
        let value = object! {
            "active" => true,
            "type" => array![concept(&hl7("organization-type"), code, display)],
            "name" => name,
            "telecom" => array![phone(80 + number)],
        };
        all.push(make(practice, "Organization", number, Some("organization"), value));
    }
    all
}

fn address(street: &str, city: &str, postal_code: &str) -> Value {
    object! {
        "use" => "work", "line" => array![street], "city" => city, "state" => "OH",
        "postalCode" => postal_code, "country" => "US",
    }
}

fn site_resource(practice: &Practice, site: usize) -> Value {
    let (name, street, city, postal_code, latitude, longitude) = SITES[site];
    let hours = object! {
        "daysOfWeek" => array!["mon", "tue", "wed", "thu", "fri"],
        "openingTime" => "08:00:00", "closingTime" => "17:00:00",
    };
    let value = object! {
        "status" => "active",
        "name" => name,
        "mode" => "instance",
        "type" => array![concept(&hl7("v3-RoleCode"), "PC", "Primary care clinic")],
        "telecom" => array![phone(10 + site as u64)],
        "address" => address(street, city, postal_code),
        "physicalType" => concept(&hl7("location-physical-type"), "si", "Site"),
        "position" => object! { "longitude" => Value::number(longitude), "latitude" => Value::number(latitude) },
        "managingOrganization" => named_reference(&practice.reference("Organization", 0), NAME),
        "hoursOfOperation" => array![hours],
        "availabilityExceptions" => "Closed on federal holidays.",
    };
    make(practice, "Location", site as u64, Some("location"), value)
}

fn room_resource(practice: &Practice, site: usize, room: usize) -> Value {
    let name = if room + 1 == ROOMS { "Procedure room".to_owned() } else { format!("Room {}", room + 1) };
    let value = object! {
        "status" => "active",
        "name" => name,
        "mode" => "instance",
        "physicalType" => concept(&hl7("location-physical-type"), "ro", "Room"),
        "managingOrganization" => reference(&practice.reference("Organization", 0)),
        "partOf" => site_reference(practice, site),
    };
    make(practice, "Location", room_number(site, room), Some("location"), value)
}

/// Name, and code and display of the speciality.
const SERVICES: [(&str, &str, &str); 5] = [
    ("Family medicine", "419772000", "Family practice"),
    ("Paediatrics", "394537008", "Pediatric specialty"),
    ("Internal medicine", "419192003", "Internal medicine"),
    ("Video visits", "448337001", "Telemedicine consultation with patient"),
    ("Laboratory draws", "82078001", "Collection of blood specimen for laboratory"),
];

fn services(practice: &Practice) -> impl Iterator<Item = Value> {
    (0..).zip(SERVICES).map(|(number, (name, code, display))| {
        let value = object! {
            "active" => true,
            "providedBy" => named_reference(&practice.reference("Organization", 0), NAME),
            "type" => array![concept(SNOMED, code, display)],
            "location" => Value::Array((0..SITES.len()).map(|site| site_reference(practice, site)).collect()),
            "name" => name,
            "telecom" => array![phone(20 + number)],
            "appointmentRequired" => true,
        };
        make(practice, "HealthcareService", number, None, value)
    })
}

fn practitioner(practice: &Practice, position: usize, one: &Staff) -> Value {
    let number = position as u64;
    let identifier = if one.taxonomy.is_some() {
        npi_identifier(number + 1)
    } else {
        object! {
            "use" => "usual", "system" => "https://meadowbrook.example.org/identifiers/staff",
            "value" => format!("S{:04}", number + 1),
        }
    };
    let mut name = Object::new();
    name.set("use", "official");
    name.set("family", one.family);
    name.set("given", array![one.given]);
    if let Some(credential) = one.credential {
        name.set("suffix", array![credential]);
    }
    let plain: String = one.family.chars().filter(char::is_ascii_alphabetic).collect();
    let email = format!("{}@meadowbrook.example.org", plain.to_lowercase());
    let mut value = object! {
        "identifier" => array![identifier],
        "active" => true,
        "name" => array![Value::Object(name)],
        "telecom" => array![phone(30 + number), object! { "system" => "email", "value" => email, "use" => "work" }],
        "gender" => if one.sex == "f" { "female" } else { "male" },
    };
    let degree = one.credential.filter(|credential| ["MD", "DO"].contains(credential));
    if let (Some(degree), Some(object)) = (degree, value.as_object_mut()) {
        let code = concept(
            &hl7("v2-0360"),
            degree,
            if degree == "MD" { "Doctor of Medicine" } else { "Doctor of Osteopathy" },
        );
        object.set("qualification", array![object! { "code" => code }]);
    }
    make(practice, "Practitioner", number, Some("practitioner"), value)
}

fn role(practice: &Practice, position: usize, one: &Staff) -> Value {
    let number = position as u64;
    let code =
        one.role_snomed.map_or_else(|| words(one.role), |code| concept(SNOMED, code, one.role_display));
    let mut value = object! {
        "active" => true,
        "practitioner" => clinician_reference(practice, position),
        "organization" => named_reference(&practice.reference("Organization", 0), NAME),
        "code" => array![code],
    };
    if let Some(object) = value.as_object_mut() {
        if let Some(taxonomy) = one.taxonomy {
            object.set(
                "specialty",
                array![concept("http://nucc.org/provider-taxonomy", taxonomy, one.taxonomy_display)],
            );
        }
        object.set("location", array![site_reference(practice, one.site)]);
        object.set("telecom", array![phone(30 + number)]);
    }
    make(practice, "PractitionerRole", number, Some("practitionerrole"), value)
}

fn schedule(practice: &Practice, position: usize, one: &Staff) -> Value {
    let value = object! {
        "active" => true,
        "serviceCategory" => array![concept(&hl7("service-category"), "17", "General Practice")],
        "serviceType" => array![concept(&hl7("service-type"), "124", "General Practice")],
        "actor" => array![
            clinician_reference(practice, position),
            site_reference(practice, one.site),
        ],
        "comment" => format!("Weekdays 8:00 to 12:00 and 13:00 to 17:00, {}", SITES[one.site].0),
    };
    make(practice, "Schedule", position as u64, None, value)
}

/// The category of observations by code.
pub(crate) fn category(code: &str, display: &str) -> Value {
    array![
        object! { "coding" => array![coding(&hl7("observation-category"), code, display)], "text" => display }
    ]
}

#[cfg(test)]
mod tests {
    use super::npi;

    #[test]
    fn provider_identifiers_carry_the_check_digit_over_the_prefix_80840() {
        for number in 0..200 {
            let text = format!("80840{}", npi(number));
            let sum: u32 = text
                .bytes()
                .rev()
                .enumerate()
                .map(|(at, byte)| {
                    let digit = u32::from(byte - b'0');
                    if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
                })
                .sum();
            assert_eq!((text.len(), sum % 10), (15, 0), "{text}");
        }
    }
}

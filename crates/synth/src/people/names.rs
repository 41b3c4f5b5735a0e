//! Names: family names by group, given names by sex, group and generation.

use super::person::Sex;
use crate::content::{family_names, given_names};
use crate::random::Random;

/// Groups of names and their share: white, black, Hispanic, East Asian, South Asian, Vietnamese, Middle Eastern and
/// East African, American Indian.
const GROUPS: [(&str, f64); 8] = [
    ("w", 0.58),
    ("b", 0.17),
    ("h", 0.12),
    ("e", 0.04),
    ("s", 0.035),
    ("v", 0.015),
    ("m", 0.03),
    ("i", 0.01),
];

/// A group, by share.
pub(crate) fn group(random: &mut Random) -> &'static str {
    GROUPS[random.weighted(GROUPS.iter().map(|group| group.1))].0
}

/// A family name of a group.
pub(crate) fn family(random: &mut Random, group: &str) -> &'static str {
    let names = family_names();
    let count = names.iter().filter(|name| name.1 == group).count();
    let wanted = random.below(count.max(1));
    names.iter().filter(|name| name.1 == group).nth(wanted).map_or("Smith", |name| name.0)
}

/// How often a given name comes from the names of the group itself.
fn own_share(group: &str) -> f64 {
    match group {
        "w" => 0.0,
        "b" => 0.45,
        "i" => 0.3,
        _ => 0.75,
    }
}

/// A given name for someone of a group born in a year.
pub(crate) fn given(random: &mut Random, group: &str, sex: Sex, birth_year: i32) -> &'static str {
    let group = if random.chance(own_share(group)) { group } else { "g" };
    let era = match birth_year {
        ..1955 => "o",
        1955..1990 => "m",
        _ => "y",
    };
    let fits = |name: &&crate::content::GivenName| {
        name.sex == sex.letter() && name.group == group && (name.era == era || name.era == "-")
    };
    let count = given_names().iter().filter(fits).count();
    let wanted = random.below(count.max(1));
    given_names().iter().filter(fits).nth(wanted).map_or("Robin", |name| name.name)
}

/// A short form that people go by.
pub(crate) fn short_form(given: &str) -> Option<&'static str> {
    const SHORT: [(&str, &str); 20] = [
        ("William", "Bill"),
        ("Robert", "Bob"),
        ("James", "Jim"),
        ("Richard", "Rick"),
        ("Michael", "Mike"),
        ("Thomas", "Tom"),
        ("Kenneth", "Ken"),
        ("Patricia", "Pat"),
        ("Margaret", "Peggy"),
        ("Elizabeth", "Liz"),
        ("Jennifer", "Jen"),
        ("Rebecca", "Becky"),
        ("Kimberly", "Kim"),
        ("Christopher", "Chris"),
        ("Matthew", "Matt"),
        ("Guadalupe", "Lupe"),
        ("José", "Pepe"),
        ("Abigail", "Abby"),
        ("Madison", "Maddie"),
        ("Isabella", "Bella"),
    ];
    SHORT.iter().find(|(long, _)| *long == given).map(|(_, short)| *short)
}

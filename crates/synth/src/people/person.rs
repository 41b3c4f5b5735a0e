//! A person: everything that is so before the first visit.

use super::household::{Household, Role};
use super::names;
use crate::content::{places, staff, streets};
use crate::date::Date;
use crate::practice::Practice;
use crate::random::{Random, hash_text, whole};

/// Sex at birth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sex {
    Female,
    Male,
}

impl Sex {
    /// The other one.
    pub(crate) fn other(self) -> Self {
        if self == Self::Female { Self::Male } else { Self::Female }
    }

    /// As the tables and the birth-sex extension have it, the latter in capitals.
    pub(crate) fn letter(self) -> &'static str {
        if self == Self::Female { "f" } else { "m" }
    }

    /// As FHIR has it (AdministrativeGender).
    pub(crate) fn word(self) -> &'static str {
        if self == Self::Female { "female" } else { "male" }
    }
}

/// A language with its BCP 47 tag.
pub(crate) type Language = (&'static str, &'static str);

/// Where the household lives.
#[derive(Clone)]
pub(crate) struct Address {
    pub line: String,
    pub city: &'static str,
    pub state: &'static str,
    pub postal_code: &'static str,
}

/// A patient before any visit.
#[derive(Clone)]
pub(crate) struct Person {
    pub index: u32,
    /// Seed of all that happens to the person.
    pub seed: u64,
    pub sex: Sex,
    pub given: &'static str,
    pub middle: Option<&'static str>,
    pub family: String,
    pub preferred: Option<&'static str>,
    pub maiden_name: Option<&'static str>,
    pub group: &'static str,
    pub birth: Date,
    pub deceased: Option<Date>,
    pub language: Language,
    pub needs_interpreter: bool,
    pub address: Address,
    pub phone: String,
    pub is_twin: bool,
    /// The mother's position, for a child.
    pub mother: Option<u32>,
    /// The partner's position.
    pub partner: Option<u32>,
    /// Position in the staff of the one who looks after the person.
    pub clinician: usize,
    /// First day with the practice.
    pub joined: Date,
}

impl Person {
    /// The patient by position.
    pub(crate) fn of(practice: &Practice, index: u32) -> Self {
        let household = Household::of(practice, index);
        let mut person = Self::in_household(practice, &household, index);
        // Every practice has two patients of one name and nearly one age: what patient safety checks are for.
        if index % 53 == 52 && household.members[household.place].role == Role::Alone {
            let other = Self::of(practice, index - 26);
            if other.mother.is_none() {
                person.sex = other.sex;
                person.given = other.given;
                person.family = other.family;
                person.group = other.group;
                person.maiden_name = None;
                person.birth = other.birth.plus_days(37 + i32::try_from(index % 400).unwrap_or(0));
                person.joined = person.joined.max(person.birth);
                person.clinician = clinician_for(&mut Random::new(&[person.seed]), practice, person.birth);
            }
        }
        person
    }

    /// The position of the person of the crowded chart: the last that there is.
    pub(crate) const CROWDED: u32 = u32::MAX;

    /// The person of the crowded chart.
    pub(crate) fn crowded(practice: &Practice) -> Self {
        let mut person = Self::of(practice, Self::CROWDED);
        let today = practice.settings.today;
        person.birth = Date::of(today.year() - 79, 4, 17);
        person.joined =
            today.plus_days(-i32::try_from(practice.settings.years_of_history * 365).unwrap_or(0));
        (person.deceased, person.mother, person.partner) = (None, None, None);
        person.clinician = clinician_for(&mut Random::new(&[person.seed]), practice, person.birth);
        person
    }

    fn in_household(practice: &Practice, household: &Household, index: u32) -> Self {
        let today = practice.settings.today;
        let mut shared = Random::new(&[household.seed]);
        let group = names::group(&mut shared);
        let family = family_name(&mut shared, group);
        let address = address(&mut shared);
        let phone = phone(&mut shared);
        let member = household.members[household.place];
        let seed = crate::random::seed_of(&[practice.settings.seed, hash_text("person"), u64::from(index)]);
        let mut random = Random::new(&[seed]);
        let birth = today.plus_days(-member.age_days);
        let (language, needs_interpreter) = language(&mut shared, group);
        let given = given_name(household, group, today);
        let is_parent = matches!(member.role, Role::Partner | Role::Parent);
        let index_of = |place: usize| household.first + u32::try_from(place).unwrap_or(0);
        let partner_place = (is_parent && household.members.len() > 1)
            .then_some(1 - household.place.min(1))
            .filter(|place| household.members[*place].role == member.role);
        let deceased = deceased(&mut random, today, birth);
        let joined =
            joined(&mut random, practice, birth).min(deceased.map_or(today, |death| death.plus_days(-400)));
        Self {
            index,
            seed,
            sex: member.sex,
            given,
            middle: random.chance(0.6).then(|| names::given(&mut random, group, member.sex, birth.year())),
            family,
            preferred: names::short_form(given).filter(|_| random.chance(0.4)),
            maiden_name: (is_parent && member.sex == Sex::Female && random.chance(0.5))
                .then(|| names::family(&mut random, group)),
            group,
            birth,
            deceased,
            language,
            needs_interpreter,
            address,
            phone: if member.role == Role::Child { phone.clone() } else { own_phone(&mut random, &phone) },
            is_twin: is_twin(household),
            mother: (member.role == Role::Child).then_some(household.first),
            partner: partner_place
                .map(index_of)
                .filter(|partner| *partner < practice.settings.patients && *partner != index),
            clinician: clinician_for(&mut random, practice, birth),
            joined,
        }
    }

    /// Age in whole years on a day.
    pub(crate) fn age(&self, on: Date) -> i32 {
        on.age(self.birth)
    }

    /// Given and family name.
    pub(crate) fn full_name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// The last day of the history.
    pub(crate) fn end(&self, practice: &Practice) -> Date {
        let yesterday = practice.settings.today.plus_days(-1);
        self.deceased.map_or(yesterday, |death| death.plus_days(-3))
    }
}

fn family_name(random: &mut Random, group: &str) -> String {
    let name = names::family(random, group);
    if random.chance(if group == "h" { 0.25 } else { 0.03 }) {
        let second = names::family(random, group);
        if second != name {
            return if group == "h" { format!("{name} {second}") } else { format!("{name}-{second}") };
        }
    }
    name.to_owned()
}

/// Siblings do not share a given name, twins neither.
fn given_name(household: &Household, group: &str, today: Date) -> &'static str {
    let mut taken = Vec::new();
    let mut shared = Random::new(&[household.seed, hash_text("given names")]);
    for one in household.members.iter().take(household.place + 1) {
        let year = today.plus_days(-one.age_days).year();
        let mut name = names::given(&mut shared, group, one.sex, year);
        for _ in 0..6 {
            if !taken.contains(&name) {
                break;
            }
            name = names::given(&mut shared, group, one.sex, year);
        }
        taken.push(name);
    }
    taken[household.place]
}

fn address(random: &mut Random) -> Address {
    let place = &places()[random.weighted(places().iter().map(|place| place.weight))];
    let number = random.between(100, 9899);
    let mut line = format!("{number} {}", random.pick(streets()));
    if random.chance(0.22) {
        line.push_str(&format!(" Apt {}", random.between(1, 48)));
    }
    Address { line, city: place.city, state: place.state, postal_code: place.postal_code }
}

/// Numbers from 555-0100 to 555-0199 are kept for fiction.
fn phone(random: &mut Random) -> String {
    format!("({}) 555-01{:02}", random.pick(&["614", "740", "380"]), random.below(100))
}

fn own_phone(random: &mut Random, household: &str) -> String {
    if random.chance(0.5) { household.to_owned() } else { phone(random) }
}

fn is_twin(household: &Household) -> bool {
    let age = household.members[household.place];
    age.role == Role::Child
        && household
            .members
            .iter()
            .filter(|other| other.role == Role::Child && other.age_days == age.age_days)
            .count()
            > 1
}

fn language(random: &mut Random, group: &str) -> (Language, bool) {
    const ENGLISH: Language = ("en", "English");
    let (share, other) = match group {
        "h" => (0.4, ("es", "Spanish")),
        "e" => (0.3, ("zh", "Chinese")),
        "v" => (0.45, ("vi", "Vietnamese")),
        "m" => (0.4, *random.pick(&[("ar", "Arabic"), ("so", "Somali")])),
        "s" => (0.15, ("ne", "Nepali")),
        _ => (0.0, ENGLISH),
    };
    if random.chance(share) { (other, random.chance(0.7)) } else { (ENGLISH, false) }
}

/// About 1 in 20 of the old have died in the last three years; the young hardly ever.
fn deceased(random: &mut Random, today: Date, birth: Date) -> Option<Date> {
    let probability = match today.age(birth) {
        ..45 => 0.0,
        45..65 => 0.01,
        65..80 => 0.04,
        _ => 0.12,
    };
    let days_ago = random.between(20, 1000);
    random.chance(probability).then(|| today.plus_days(-days_ago))
}

fn clinician_for(random: &mut Random, practice: &Practice, birth: Date) -> usize {
    let age = practice.settings.today.age(birth);
    let weight = |sees: &str| match sees {
        "c" if age < 18 => 3.0,
        "a" => 1.0,
        "g" if age >= 18 => 1.0,
        _ => 0.0,
    };
    random.weighted(staff().iter().map(|one| weight(one.sees)))
}

/// The day of joining: anywhere in the years of history, somewhat more often lately. Newborns join when born.
fn joined(random: &mut Random, practice: &Practice, birth: Date) -> Date {
    let years = f64::from(practice.settings.years_of_history);
    let tenure = years * practice.pace().min(1.0).sqrt() * (0.05 + 0.95 * random.unit().powf(1.8));
    practice.settings.today.plus_days(-whole(tenure * 365.0).max(60)).max(birth.plus_days(3))
}

//! Households. Patients stand in blocks of eight places that are divided among households, so that the household of
//! any place is found from its block alone.

use super::person::Sex;
use crate::practice::Practice;
use crate::random::{Random, hash_text, whole};

/// Places in a block.
const BLOCK: usize = 8;

/// What someone is in the household.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Lives alone, as far as the practice knows.
    Alone,
    /// One of a couple.
    Partner,
    /// Has children here.
    Parent,
    /// A child of the first member, who is the mother.
    Child,
}

/// Someone in a household.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    pub role: Role,
    pub sex: Sex,
    /// Age on `today`, in days.
    pub age_days: i32,
}

/// A household and the place asked for in it.
pub(crate) struct Household {
    pub seed: u64,
    pub members: Vec<Member>,
    /// Position among the patients of the first member.
    pub first: u32,
    /// Position of the one asked for among the members.
    pub place: usize,
}

impl Household {
    /// The household of a patient by position.
    pub(crate) fn of(practice: &Practice, index: u32) -> Self {
        let block = u64::from(index) / BLOCK as u64;
        let wanted = index as usize % BLOCK;
        let seed = practice.settings.seed;
        let mut random = Random::new(&[seed, hash_text("block"), block]);
        let mut first = 0;
        loop {
            let members = draw(&mut random, BLOCK - first);
            if wanted < first + members.len() {
                let place = wanted - first;
                return Self {
                    seed: random.bits(),
                    members,
                    first: index - u32::try_from(place).unwrap_or(0),
                    place,
                };
            }
            random.bits();
            first += members.len();
        }
    }
}

fn days(years: f64) -> i32 {
    whole(years * 365.2425)
}

/// Draws a household of at most so many members.
fn draw(random: &mut Random, room: usize) -> Vec<Member> {
    let family = if room >= 2 { 0.30 } else { 0.0 };
    let couple = if room >= 2 { 0.28 } else { 0.0 };
    match random.weighted([0.42, couple, family].into_iter()) {
        0 => vec![Member { role: Role::Alone, sex: either(random), age_days: days(adult_age(random)) }],
        1 => couple_of(random),
        _ => family_of(random, room),
    }
}

fn either(random: &mut Random) -> Sex {
    if random.chance(0.53) { Sex::Female } else { Sex::Male }
}

/// Ages of grown-ups without children at home: the pyramid of an ageing town.
fn adult_age(random: &mut Random) -> f64 {
    const BANDS: [(f64, f64, f64); 5] =
        [(18.0, 30.0, 0.18), (30.0, 45.0, 0.20), (45.0, 65.0, 0.30), (65.0, 80.0, 0.24), (80.0, 97.0, 0.08)];
    let (low, high, _) = BANDS[random.weighted(BANDS.iter().map(|band| band.2))];
    low + random.unit() * (high - low)
}

fn couple_of(random: &mut Random) -> Vec<Member> {
    let age = adult_age(random);
    let first = either(random);
    let second = if random.chance(0.96) { first.other() } else { first };
    let other_age = (age + random.normal(0.0, 3.0)).clamp(18.0, 97.0);
    [(first, age), (second, other_age)]
        .map(|(sex, age)| Member { role: Role::Partner, sex, age_days: days(age) })
        .to_vec()
}

fn family_of(random: &mut Random, room: usize) -> Vec<Member> {
    let mother_age = 24.0 + random.unit() * 24.0;
    let mut members = vec![Member { role: Role::Parent, sex: Sex::Female, age_days: days(mother_age) }];
    if room >= 3 && random.chance(0.65) {
        let age = (mother_age + random.normal(2.0, 3.0)).max(21.0);
        members.push(Member { role: Role::Parent, sex: Sex::Male, age_days: days(age) });
    }
    let children = (1 + random.weighted([0.4, 0.4, 0.15, 0.05].into_iter())).min(room - members.len());
    let oldest = (mother_age - 19.0).min(17.5);
    let mut age = random.unit() * oldest;
    let mut twin_comes = false;
    for _ in 0..children {
        let sex = if random.chance(0.49) { Sex::Female } else { Sex::Male };
        members.push(Member { role: Role::Child, sex, age_days: days(age) });
        if twin_comes || !random.chance(0.05) {
            twin_comes = false;
            age -= 1.4 + random.unit() * 3.0;
        } else {
            twin_comes = true;
        }
        if age < 0.02 {
            break;
        }
    }
    members
}

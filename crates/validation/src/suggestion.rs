//! The nearest known name, for messages.

/// The candidate that differs least from a name, when it differs little: swaps of case first, then edits.
pub(crate) fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let limit = (name.chars().count() / 3).clamp(1, 4);
    candidates
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance without regard to case: insertions, deletions, changes and swaps of
/// neighbours.
fn distance(one: &str, two: &str) -> usize {
    let letters = |text: &str| -> Vec<char> { text.chars().take(80).flat_map(char::to_lowercase).collect() };
    let (one, two) = (letters(one), letters(two));
    let mut rows = vec![vec![0usize; two.len() + 1]; one.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=one.len() {
        for j in 1..=two.len() {
            let change = usize::from(one[i - 1] != two[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + change);
            let swapped = i > 1 && j > 1 && one[i - 1] == two[j - 2] && one[i - 2] == two[j - 1];
            if swapped {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[one.len()][two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["birthDate", "gender", "generalPractitioner", "name"];
        assert_eq!(nearest("birthdate", names.into_iter()), Some("birthDate"));
        assert_eq!(nearest("gendre", names.into_iter()), Some("gender"));
        assert_eq!(nearest("shoeSize", names.into_iter()), None);
    }
}

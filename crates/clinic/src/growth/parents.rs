//! The height that a child's parents let one expect.

use super::Sex;

/// How tall a child is likely to become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetHeight {
    /// The middle, in centimetres.
    pub target_cm: f64,
    /// The low end of what is usual, in centimetres.
    pub low_cm: f64,
    /// The high end.
    pub high_cm: f64,
}

/// Half of how much taller men are than women.
const HALF_DIFFERENCE_CM: f64 = 6.5;
/// How far children of such parents usually lie from the middle.
const RANGE_CM: f64 = 8.5;

/// The mid-parental height, corrected for the child's sex: the mean of both parents' heights, 6.5 cm more for boys and
/// less for girls, give or take 8.5 cm (Tanner, Goldstein and Whitehouse, Arch Dis Child 1970; 45:755-762). Children of
/// very short parents mostly become taller than it says (Luo et al., Pediatr Res 1998; 44:563-571).
///
/// `None` for heights that are no positive numbers.
pub fn target_height(mother_cm: f64, father_cm: f64, sex: Sex) -> Option<TargetHeight> {
    let are_heights = [mother_cm, father_cm].iter().all(|height| height.is_finite() && *height > 0.0);
    let for_sex = match sex {
        Sex::Female => -HALF_DIFFERENCE_CM,
        Sex::Male => HALF_DIFFERENCE_CM,
    };
    let target_cm = f64::midpoint(mother_cm, father_cm) + for_sex;
    are_heights.then_some(TargetHeight {
        target_cm,
        low_cm: target_cm - RANGE_CM,
        high_cm: target_cm + RANGE_CM,
    })
}

//! The seal: a forgotten slot that stays in place but can never win.
//!
//! Its row becomes the mean of the retained rows and its bias the mean of the retained biases less a margin.
//! A mean never exceeds the maximum, so for every embedding some retained logit is larger by at least the
//! margin: a proof, not a measurement. A multi-label slot, whose probability does not compete with the
//! others', gets a zero row and the negative margin as its bias: a constant probability of
//! `sigmoid(-margin)`.
//!
//! Where the largest of several sigmoids wins ([`Link::OneVsRest`]), a constant could win over retained
//! classes that are all less probable, so that slot gets the mean too: the sigmoid is monotone, which keeps
//! the proof, and the slot's odds `p / (1 - p)` stay below `e^-margin` times those of the most probable
//! retained class. Its probability itself has no bound of its own.

use crate::{
    classes::Forgotten,
    error::UnlearnError,
    head::{LinearHead, Link},
};

/// Distance in nats that a sealed logit keeps below the largest retained one; its probability stays below
/// `e^-30 = 9.4e-14`.
pub const MARGIN: f32 = 30.0;

/// Seals the forgotten slots of a head, `margin` nats deep.
///
/// Without a bias there is no place for a margin: the slot then never exceeds the largest retained logit, but
/// may equal it where all are equal.
///
/// # Errors
/// [`UnlearnError::CannotSeal`] for a multi-label head without bias.
pub fn seal(
    head: &LinearHead,
    forgotten: &Forgotten,
    link: Link,
    margin: f32,
) -> Result<LinearHead, UnlearnError> {
    let (row, bias) = match link {
        Link::Sigmoid if !head.has_bias => return Err(UnlearnError::CannotSeal),
        Link::Sigmoid => (vec![0.0; head.width], -margin),
        _ => {
            let (row, bias) = head.mean(forgotten.retained());
            (row.into_iter().map(|w| w as f32).collect(), bias as f32 - margin)
        }
    };
    let mut sealed = head.clone();
    for class in forgotten.indices() {
        sealed.row_mut(class).copy_from_slice(&row);
        if head.has_bias {
            sealed.bias[class] = bias;
        }
    }
    Ok(sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(has_bias: bool) -> LinearHead {
        let bias = if has_bias { vec![0.5, -0.5, 9.0] } else { vec![0.0; 3] };
        LinearHead { classes: 3, width: 2, weight: vec![1.0, 2.0, 3.0, -2.0, 7.0, 7.0], bias, has_bias }
    }

    #[test]
    fn the_slot_is_the_mean_of_what_is_retained_less_the_margin() {
        let forgotten = Forgotten::resolve(&["2"], 3, None).unwrap();
        let sealed = seal(&head(true), &forgotten, Link::Softmax, 30.0).unwrap();
        assert_eq!(sealed.row(2), [2.0, 0.0]);
        assert_eq!(sealed.bias, [0.5, -0.5, -30.0]);
        assert_eq!(sealed.row(0), head(true).row(0), "retained rows stay as they are");
    }

    #[test]
    fn several_slots_mean_only_over_retained_rows() {
        let forgotten = Forgotten::resolve(&["1", "2"], 3, None).unwrap();
        let sealed = seal(&head(true), &forgotten, Link::None, 30.0).unwrap();
        assert_eq!((sealed.row(1), sealed.row(2)), (head(true).row(0), head(true).row(0)));
        assert_eq!(sealed.bias, [0.5, -29.5, -29.5]);
    }

    #[test]
    fn a_multi_label_slot_becomes_constant_and_needs_a_bias() {
        let forgotten = Forgotten::resolve(&["0"], 3, None).unwrap();
        let sealed = seal(&head(true), &forgotten, Link::Sigmoid, 30.0).unwrap();
        assert_eq!((sealed.row(0), sealed.bias[0]), (&[0.0, 0.0][..], -30.0));
        let refused = seal(&head(false), &forgotten, Link::Sigmoid, 30.0);
        assert!(matches!(refused, Err(UnlearnError::CannotSeal)));
    }
}

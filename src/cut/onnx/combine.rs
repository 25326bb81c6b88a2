//! Operators of two or more operands of which some come from the logits.

use super::{
    arithmetic::rescaled,
    follower::Follower,
    meeting::Meeting,
    pair::pair,
    problem::{Meaning, Problem},
    stage::{Stage, Tracked},
};
use crate::net::ops::Arithmetic;

/// Add, Sub, Mul, Div, and the operators of many operands.
pub(super) fn combine(
    follower: &mut Follower<'_, '_>,
    node: usize,
    effect: Arithmetic,
) -> Result<Tracked, Problem> {
    let count = follower.flow.node(node).inputs.len();
    let operands: Vec<Option<Tracked>> =
        (0..count).map(|input| follower.operand(node, input).cloned()).collect();
    match operands.as_slice() {
        [Some(left), Some(right)] if effect != Arithmetic::Mean => pair(effect, left, right),
        [Some(tracked), None] => Meeting { node, effect, tracked, constant: 1 }.result(follower),
        [None, Some(tracked)] => Meeting { node, effect, tracked, constant: 0 }.result(follower),
        [Some(first), rest @ ..] if matches!(effect, Arithmetic::Mean | Arithmetic::Sum) => {
            let rest: Vec<&Tracked> = rest.iter().flatten().collect();
            if rest.len() + 1 < count {
                return Err(Meaning::MixedSum.into());
            }
            let sum = rest.into_iter().try_fold(first.clone(), |sum, next| {
                follower.spend(follower.classes)?;
                pair(Arithmetic::Sum, &sum, next)
            })?;
            match (effect, sum.stage) {
                (Arithmetic::Mean, Stage::Logits) => {
                    rescaled(follower, sum, &vec![1.0 / count as f64; follower.classes])
                }
                (Arithmetic::Mean, Stage::Common(_)) | (Arithmetic::Sum, _) => Ok(sum),
                _ => Err(Meaning::NotOneEmbedding.into()),
            }
        }
        _ => Err(Meaning::NotFollowed.into()),
    }
}

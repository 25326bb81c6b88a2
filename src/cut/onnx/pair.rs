//! Two values that both come from the logits.

use std::rc::Rc;

use super::{
    problem::{Meaning, Problem},
    stage::{Affine, Level, Stage, Tracked},
};
use crate::head::Link;
use crate::net::ops::Arithmetic::{self, Difference, Largest, Product, Quotient, Sum};

/// What an operator makes of two values that come from the logits.
pub(super) fn pair(effect: Arithmetic, left: &Tracked, right: &Tracked) -> Result<Tracked, Problem> {
    let result = match (left.stage, right.stage) {
        (Stage::Logits, Stage::Logits) if left.axis == right.axis => heads(effect, left, right),
        (Stage::Logits | Stage::Centred(_) | Stage::Exponents(_) | Stage::Output(_), second)
            if is_of_a_row(second) =>
        {
            beside(effect, left, right)
        }
        (first, second) if is_of_a_row(first) && is_of_a_row(second) => of_rows(effect, left, right),
        _ => Err(unknown(effect, left, right)),
    }?;
    let rank = left.rank.zip(right.rank).map(|(left, right)| left.max(right));
    Ok(Tracked { rank, ..result })
}

/// Whether a value is one number for all classes of a row.
fn is_of_a_row(stage: Stage) -> bool {
    matches!(stage, Stage::Common(_) | Stage::ExponentSum(_) | Stage::LogExponentSum(_))
}

fn unknown(effect: Arithmetic, left: &Tracked, right: &Tracked) -> Problem {
    let meaning = match (effect, left.stage, right.stage) {
        (Product, ..) => Meaning::Product,
        (Largest, ..) => Meaning::Largest,
        (_, Stage::Output(_), Stage::Output(_)) => Meaning::SeveralModels,
        _ => Meaning::NotOneEmbedding,
    };
    meaning.into()
}

/// Parallel heads: their sum is linear in the embeddings side by side.
fn heads(effect: Arithmetic, left: &Tracked, right: &Tracked) -> Result<Tracked, Problem> {
    let sign = match effect {
        Sum => 1.0,
        Difference => -1.0,
        _ => return Err(unknown(effect, left, right)),
    };
    let sum = Affine::clone(&left.logits).plus(&right.logits, sign).ok_or(Meaning::NotOneEmbedding)?;
    let numbers = left.numbers.with(&right.numbers);
    let pooled = left.pooled || right.pooled;
    let places = if left.places == right.places { left.places } else { super::stage::Places::Several };
    Ok(Tracked { logits: Rc::new(sum), numbers, pooled, places, ..left.clone() })
}

/// A value of the classes and a number that is the same for all of them. That has to stand where the classes
/// do, or it would meet other rows, and each class another one.
fn beside(effect: Arithmetic, left: &Tracked, right: &Tracked) -> Result<Tracked, Problem> {
    use Stage::{Centred, Common, ExponentSum, Exponents, LogExponentSum, Logits, Output};
    if !right.stands || left.axis != right.axis {
        return Err(Meaning::Unaligned.into());
    }
    let same = Rc::ptr_eq(&left.logits, &right.logits);
    let joined = Tracked { numbers: left.numbers.with(&right.numbers), ..left.clone() };
    let centred = |level| Ok(Tracked { stage: Centred(level), ..joined.clone() });
    match (effect, left.stage, right.stage) {
        // Softmax by hand, first step: less the maximum, so that no exponential overflows.
        (Difference, Logits, Common(level)) if same => centred(level),
        (Sum | Difference, Logits | Centred(_), Common(_)) => centred(Level::Any),
        // Its last steps: `x - log sum exp x`, or `exp x / sum exp x`.
        (Difference, Centred(of), LogExponentSum(level)) => {
            Ok(logarithms(joined, right, same && of == Level::Largest && level == Level::Largest))
        }
        (Difference, Logits, LogExponentSum(level)) => {
            Ok(logarithms(joined, right, same && level == Level::Within))
        }
        (Quotient, Exponents(of), ExponentSum(level)) => {
            let clean = same && of == Level::Largest && level == Level::Largest;
            let numbers = joined.numbers.probabilities(right.numbers.least, right.numbers.most);
            let result = Tracked { stage: Output(Link::Softmax), numbers, ..joined };
            Ok(if clean { result } else { result.tying() })
        }
        // The same for all classes keeps their order, as long as nothing negative is multiplied or divided by;
        // what it leaves of their distances is not known.
        (Sum | Difference, Output(link), Common(_)) => {
            let mut numbers = joined.numbers;
            numbers.non_negative &= effect == Sum;
            Ok(Tracked { stage: Output(competing(link)), numbers, ..joined }.tying())
        }
        (Product | Quotient, Output(link), Common(_) | ExponentSum(_)) if right.numbers.non_negative => {
            let mut numbers = joined.numbers;
            numbers.non_negative = left.numbers.non_negative;
            Ok(Tracked { stage: Output(competing(link)), numbers, ..joined }.tying())
        }
        _ => Err(unknown(effect, left, right)),
    }
}

fn logarithms(joined: Tracked, sum: &Tracked, clean: bool) -> Tracked {
    let most = sum.numbers.least.ln().abs().max(sum.numbers.most.ln().abs());
    let numbers = joined.numbers.logarithms(most + 1.0);
    let result = Tracked { stage: Stage::Output(Link::LogSoftmax), numbers, ..joined };
    if clean { result } else { result.tying() }
}

/// Independent probabilities that something of all of them was added to, or taken from, are so no longer.
pub(super) fn competing(link: Link) -> Link {
    if link == Link::Sigmoid { Link::OneVsRest } else { link }
}

/// Two numbers that are the same for all classes, of the same rows.
fn of_rows(effect: Arithmetic, left: &Tracked, right: &Tracked) -> Result<Tracked, Problem> {
    use Stage::{Common, LogExponentSum};
    if left.stands != right.stands || left.axis != right.axis {
        return Err(Meaning::Unaligned.into());
    }
    let same = Rc::ptr_eq(&left.logits, &right.logits);
    let stage = match (effect, left.stage, right.stage) {
        // The maximum is given back to the logarithm of the sum.
        (Sum, LogExponentSum(Level::Largest), Common(Level::Largest))
        | (Sum, Common(Level::Largest), LogExponentSum(Level::Largest))
            if same =>
        {
            LogExponentSum(Level::Within)
        }
        (Sum, LogExponentSum(_), Common(_)) | (Sum, Common(_), LogExponentSum(_)) => {
            LogExponentSum(Level::Any)
        }
        _ => Common(Level::Any),
    };
    let mut numbers = left.numbers.with(&right.numbers);
    numbers.non_negative &= effect != Difference;
    let of_sum = if matches!(right.stage, LogExponentSum(_)) { right } else { left };
    (numbers.least, numbers.most) = (of_sum.numbers.least, of_sum.numbers.most);
    Ok(Tracked { stage, numbers, ..left.clone() })
}

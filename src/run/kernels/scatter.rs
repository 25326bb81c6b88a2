//! Other entries in the places of indices.

use candle_core::Tensor;

use super::gather::{Parts, offsets};
use crate::run::{
    Array, Fault, Floats, Value,
    call::{Call, Results, axis},
};

/// What becomes of an entry that another one meets.
#[derive(Clone, Copy)]
enum Meets {
    Adds,
    Largest,
    Multiplies,
    Replaces,
    Smallest,
}

fn meets(call: &Call<'_>) -> Result<Meets, Fault> {
    match call.text("reduction") {
        "" | "none" => Ok(Meets::Replaces),
        "add" => Ok(Meets::Adds),
        "max" => Ok(Meets::Largest),
        "min" => Ok(Meets::Smallest),
        "mul" => Ok(Meets::Multiplies),
        other => Err(Fault::unsupported(format!("entries that meet by `{other}`"))),
    }
}

pub(super) fn elements(call: &Call<'_>) -> Results {
    let (value, indices) = (call.required(0)?, call.whole(1)?);
    let at = axis(call.int("axis", 0), value.shape().len())?;
    if indices.shape.len() != value.shape().len() {
        return Err(Fault::Compute("indices and entries have other axes than what they change".into()));
    }
    let places = offsets(indices, value.shape(), at)?;
    put(call, value, &places)
}

pub(super) fn parts(call: &Call<'_>) -> Results {
    let (value, indices) = (call.required(0)?, call.whole(1)?);
    let Parts { first, run, .. } = Parts::of(call, value.shape(), indices, 0)?;
    call.claim(&[first.len(), run])?;
    let places: Vec<usize> = first.into_iter().flat_map(|first| first..first + run).collect();
    put(call, value, &places)
}

/// The value with the third operand's elements at these places.
fn put(call: &Call<'_>, value: &Value, places: &[usize]) -> Results {
    let (updates, meets) = (call.required(2)?, meets(call)?);
    call.claim(value.shape())?;
    let elements = value.elements();
    if updates.elements() != places.len() || places.iter().any(|place| *place >= elements) {
        return Err(Fault::Compute("entries and indices are not as many, or lie outside".into()));
    }
    Ok(vec![match (value, updates) {
        (Value::Whole(array), Value::Whole(updates)) => {
            let mut values = array.values.to_vec();
            for (place, update) in places.iter().zip(updates.values.iter()) {
                values[*place] = match meets {
                    Meets::Adds => values[*place].wrapping_add(*update),
                    Meets::Largest => values[*place].max(*update),
                    Meets::Multiplies => values[*place].wrapping_mul(*update),
                    Meets::Smallest => values[*place].min(*update),
                    Meets::Replaces => *update,
                };
            }
            Array::new(array.dtype, array.shape.clone(), values).into()
        }
        (Value::Floats(floats), Value::Floats(updates)) => {
            let (old, new) = (floats.tensor.flatten_all()?, updates.tensor.flatten_all()?);
            let changed = match meets {
                Meets::Adds => {
                    let places: Vec<u32> = places.iter().map(|place| *place as u32).collect();
                    old.contiguous()?.index_add(&Tensor::new(places, call.device)?, &new.contiguous()?, 0)?
                }
                // Picked from both end to end, which has derivatives for both; the last entry at a place stays.
                Meets::Replaces => {
                    let mut sources: Vec<u32> = (0..elements as u32).collect();
                    places.iter().zip(elements as u32..).for_each(|(place, from)| sources[*place] = from);
                    let both = Tensor::cat(&[&old, &new], 0)?;
                    both.index_select(&Tensor::new(sources, call.device)?, 0)?
                }
                _ if call.learns => return Err(Fault::unsupported("it has no derivatives here")),
                _ => {
                    let (mut numbers, new) = (value.numbers()?, call.required(2)?.numbers()?);
                    for (place, new) in places.iter().zip(new) {
                        let old = numbers[*place];
                        numbers[*place] = match meets {
                            Meets::Largest => old.max(new),
                            Meets::Smallest => old.min(new),
                            _ => old * new,
                        };
                    }
                    Floats::of(numbers, &[elements], floats.dtype, call.device)?.tensor
                }
            };
            floats.like(changed.reshape(value.shape())?).into()
        }
        _ => return Err(Fault::Compute("its operands are of different types".into())),
    }])
}

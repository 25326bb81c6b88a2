//! Matrix products.

use candle_core::Tensor;
use declass_formats::Dtype;

use super::chain::{Rows, finished};
use crate::run::{
    Array, Fault, Floats, Value,
    array::{broadcast, wrapped},
    call::{Call, Results, host},
    host::is_single,
    packed::Packed,
    products::{of_batches, rows_times},
};

pub(super) fn matmul(call: &Call<'_>) -> Results {
    if let (Some(Value::Whole(a)), Some(Value::Whole(b))) = (call.get(0), call.get(1)) {
        return of_integers(call, a, b);
    }
    if let Some(packed) = call.packed {
        return call.made(times(call, call.tensor(0)?, packed, None)?);
    }
    call.made(product(call, call.tensor(0)?, call.tensor(1)?)?)
}

/// Every row of an operand times a matrix that is there in panels, plus what fits to each.
fn times(call: &Call<'_>, a: &Tensor, b: &Packed, plus: Option<&Tensor>) -> Result<Tensor, Fault> {
    let (left, [inner, width]) = (a.dims(), last_two(&b.shape));
    if left.last() != Some(&inner) {
        return Err(Fault::Compute(format!("{left:?} and {:?} are not multiplied", b.shape)));
    }
    let shape = [&left[..left.len() - 1], &[width]].concat();
    let elements = call.claim(&shape)?;
    call.budget.spend((elements as u64).saturating_mul(inner as u64))?;
    finished(call, Rows { shape: &shape, columns: width }, plus, |finish| rows_times(a, b, finish))
}

/// Whole numbers are multiplied in double precision, which is exact up to 2^53.
fn of_integers(call: &Call<'_>, a: &Array, b: &Array) -> Results {
    let wide = |array: &Array| -> Result<Tensor, Fault> {
        let numbers = array.values.iter().map(|value| *value as f64).collect();
        Ok(Floats::of(numbers, &array.shape, Dtype::F64, call.device)?.tensor)
    };
    let product = product(call, &wide(a)?, &wide(b)?)?;
    let numbers: Vec<f64> = product.flatten_all()?.to_vec1()?;
    let values = numbers.into_iter().map(|number| wrapped(a.dtype, number as i64)).collect();
    host(Array::new(a.dtype, product.dims().to_vec(), values))
}

/// The product of the last two axes; vectors are rows or columns, and the axes before are broadcast.
pub(super) fn product(call: &Call<'_>, a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    if a.rank() == 0 || b.rank() == 0 {
        return Err(Fault::Compute("a product of a single number".into()));
    }
    let row = if a.rank() == 1 { a.unsqueeze(0)? } else { a.clone() };
    let column = if b.rank() == 1 { b.unsqueeze(1)? } else { b.clone() };
    let result = of_matrices(call, &row, &column)?;
    let result = if b.rank() == 1 { result.squeeze(result.rank() - 1)? } else { result };
    Ok(if a.rank() == 1 {
        result.squeeze(result.rank() - if b.rank() == 1 { 1 } else { 2 })?
    } else {
        result
    })
}

fn of_matrices(call: &Call<'_>, a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    let (left, right) = (a.dims(), b.dims());
    let ([m, k], [inner, n]) = (last_two(left), last_two(right));
    if k != inner {
        return Err(Fault::Compute(format!("{left:?} and {right:?} are not multiplied")));
    }
    let before = broadcast(&left[..left.len() - 2], &right[..right.len() - 2])?;
    let shape = [before.as_slice(), &[m, n]].concat();
    let elements = call.claim(&shape)?;
    call.budget.spend((elements as u64).saturating_mul(k as u64))?;
    let here = !call.learns && is_single(a) && is_single(b);
    if right.len() == 2 {
        // One product with many rows, in place of many products with a matrix that is repeated for each.
        let rows: usize = left[..left.len() - 1].iter().product();
        let a = a.contiguous()?.reshape((rows, k))?;
        let made = match Packed::right(b, false)?.filter(|_| here) {
            Some(packed) => rows_times(&a, &packed, &|_, _, _| {})?,
            None => a.matmul(b)?,
        };
        return Ok(made.reshape(shape)?);
    }
    let batch: usize = before.iter().product();
    let wide = |tensor: &Tensor, matrix: [usize; 2]| -> Result<Tensor, Fault> {
        let all = [before.as_slice(), &matrix].concat();
        Ok(tensor.broadcast_as(all)?)
    };
    let (left, right) = (wide(a, [m, k])?, wide(b, [k, n])?);
    if here {
        return of_batches(&left, &right);
    }
    let flat =
        |tensor: Tensor, matrix: (usize, usize)| tensor.contiguous()?.reshape((batch, matrix.0, matrix.1));
    Ok(flat(left, (m, k))?.matmul(&flat(right, (k, n))?)?.reshape(shape)?)
}

fn last_two(shape: &[usize]) -> [usize; 2] {
    [shape[shape.len() - 2], shape[shape.len() - 1]]
}

pub(super) fn gemm(call: &Call<'_>) -> Results {
    call.made(scaled_product(call)?)
}

/// `alpha A B + beta C`, either matrix turned round.
pub(super) fn scaled_product(call: &Call<'_>) -> Result<Tensor, Fault> {
    let turned = |at: usize, name: &str| -> Result<Tensor, Fault> {
        let tensor = call.tensor(at)?;
        Ok(if call.int(name, 0) != 0 { tensor.t()? } else { tensor.clone() })
    };
    let a = turned(0, "transA")?;
    let b = call.packed.is_none().then(|| turned(1, "transB")).transpose()?;
    if a.rank() != 2 || b.as_ref().is_some_and(|b| b.rank() != 2) {
        return Err(Fault::Compute("its operands are no matrices".into()));
    }
    let (alpha, beta) = (call.float("alpha", 1.0), call.float("beta", 1.0));
    let product = match (call.packed, &b) {
        (Some(packed), _) => {
            let plus = call.optional(2)?.filter(|_| alpha == 1.0 && beta == 1.0);
            let shape = [a.dims()[0], packed.shape[1]];
            let rows = Rows { shape: &shape, columns: shape[1] };
            match plus.map(|plus| rows.operand(plus)).transpose()?.flatten() {
                Some(_) => return times(call, &a, packed, plus),
                None => without_chain(call, |call| times(call, &a, packed, None))?,
            }
        }
        (None, Some(b)) => of_matrices(call, &a, b)?,
        (None, None) => return Err(Fault::Compute("its operands are no matrices".into())),
    };
    let scaled = if alpha == 1.0 { product } else { product.affine(alpha, 0.0)? };
    match call.optional(2)? {
        Some(c) if beta == 1.0 => super::pairs::sum(call, &scaled, c),
        Some(c) => super::pairs::sum(call, &scaled, &c.affine(beta, 0.0)?),
        None => Ok(scaled),
    }
}

/// The operator behind which nothing is done at once.
fn without_chain<R>(call: &Call<'_>, of: impl FnOnce(&Call<'_>) -> R) -> R {
    of(&Call { chain: None, ..*call })
}

/// A sum of products over named axes, of two operands at most.
pub(super) fn einsum(call: &Call<'_>) -> Results {
    let equation: String = call.text("equation").chars().filter(|letter| !letter.is_whitespace()).collect();
    if equation.len() > 256 {
        return Err(Fault::unsupported("an equation of such a length"));
    }
    let (left, result) = spelt_out(call, &equation)?;
    let (left, result) = (left.as_str(), result.as_str());
    let names: Vec<&str> = left.split(',').collect();
    let is_plain = |text: &str| text.bytes().all(|letter| letter.is_ascii_alphabetic()) && !repeats(text);
    if !names.iter().chain(&[result]).all(|text| is_plain(text)) {
        return Err(Fault::unsupported(format!("the equation `{equation}`")));
    }
    match names.as_slice() {
        [one] => {
            let summed = reduced(call.tensor(0)?, one, result)?;
            let left: String = one.chars().filter(|name| result.contains(*name)).collect();
            call.made(ordered(&summed, &left, result)?)
        }
        [a, b] => call.made(of_two(call, [a, b], result)?),
        _ => Err(Fault::unsupported(format!("the equation `{equation}`"))),
    }
}

/// Operands and result of an equation, with a letter for every axis that an ellipsis stands for. Where no result
/// is stated, it has what is named once, in alphabetical order.
fn spelt_out(call: &Call<'_>, equation: &str) -> Result<(String, String), Fault> {
    let (left, result) = equation.split_once("->").unwrap_or((equation, ""));
    let free: Vec<char> = ('A'..='Z').filter(|letter| !equation.contains(*letter)).collect();
    let mut most = 0;
    let mut operands = Vec::new();
    for (at, names) in left.split(',').enumerate() {
        let rank = call.required(at)?.shape().len();
        let hidden = if names.contains("...") { (rank + 3).saturating_sub(names.len()) } else { 0 };
        let letters =
            free.get(..hidden).ok_or_else(|| Fault::unsupported(format!("the equation `{equation}`")))?;
        // The last ones are common, as in any broadcast.
        operands.push(names.replace("...", &letters.iter().rev().collect::<String>()));
        most = most.max(hidden);
    }
    let all: String = free[..most].iter().rev().collect();
    let operands = operands.join(",");
    if equation.contains("->") {
        return Ok((operands, result.replace("...", &all)));
    }
    let mut once: Vec<char> = left.chars().filter(|name| name.is_ascii_alphabetic()).collect();
    once.retain(|name| left.matches(*name).count() == 1);
    once.sort_unstable();
    Ok((operands, all + &once.into_iter().collect::<String>()))
}

fn repeats(names: &str) -> bool {
    names.chars().enumerate().any(|(at, name)| names.chars().skip(at + 1).any(|other| other == name))
}

/// Summed over the axes whose names nothing else has.
fn reduced(tensor: &Tensor, names: &str, wanted: &str) -> Result<Tensor, Fault> {
    if names.len() != tensor.rank() {
        return Err(Fault::Compute(format!("`{names}` names {} axes of {:?}", names.len(), tensor.dims())));
    }
    let mut result = tensor.clone();
    for (at, name) in names.chars().enumerate().collect::<Vec<_>>().into_iter().rev() {
        if !wanted.contains(name) {
            result = result.sum(at)?;
        }
    }
    Ok(result)
}

/// As a batch of matrix products: names that both and the result have, those of one alone, those that are summed.
fn of_two(call: &Call<'_>, names: [&str; 2], result: &str) -> Result<Tensor, Fault> {
    let [a, b] = names;
    let operand = |at: usize, own: &str, other: &str| -> Result<(Tensor, String), Fault> {
        let wanted = [other, result].concat();
        let left = own.chars().filter(|name| wanted.contains(*name)).collect();
        Ok((reduced(call.tensor(at)?, own, &wanted)?, left))
    };
    let ((x, a), (y, b)) = (operand(0, a, b)?, operand(1, b, a)?);
    let of =
        |own: &str, keep: &dyn Fn(char) -> bool| own.chars().filter(|name| keep(*name)).collect::<String>();
    let shared = of(&a, &|name| b.contains(name) && result.contains(name));
    let summed = of(&a, &|name| b.contains(name) && !result.contains(name));
    let (rows, columns) = (of(&a, &|name| !b.contains(name)), of(&b, &|name| !a.contains(name)));
    let extents = |tensor: &Tensor, own: &str, of: &str| -> Vec<usize> {
        of.chars().filter_map(|name| own.find(name)).map(|at| tensor.dims()[at]).collect()
    };
    if extents(&x, &a, &[&*shared, &summed].concat()) != extents(&y, &b, &[&*shared, &summed].concat()) {
        return Err(Fault::Compute("axes of one name have different extents".into()));
    }
    let (batch, outer, inner) = (extents(&x, &a, &shared), extents(&x, &a, &rows), extents(&y, &b, &columns));
    let product = |extents: &[usize]| extents.iter().product::<usize>();
    let depth = product(&extents(&x, &a, &summed));
    let left = ordered(&x, &a, &[&*shared, &rows, &summed].concat())?;
    let left = left.reshape((product(&batch), product(&outer), depth))?;
    let right = ordered(&y, &b, &[&*shared, &summed, &columns].concat())?;
    let right = right.reshape((product(&batch), depth, product(&inner)))?;
    let made = of_matrices(call, &left, &right)?.reshape([batch, outer, inner].concat())?;
    ordered(&made, &[shared, rows, columns].concat(), result)
}

/// The axes in the order of other names.
fn ordered(tensor: &Tensor, names: &str, wanted: &str) -> Result<Tensor, Fault> {
    let order: Option<Vec<usize>> = wanted.chars().map(|name| names.find(name)).collect();
    let order = order.filter(|order| order.len() == tensor.rank());
    let order = order.ok_or_else(|| Fault::Compute(format!("`{wanted}` is not made of `{names}`")))?;
    Ok(tensor.permute(order)?.contiguous()?)
}

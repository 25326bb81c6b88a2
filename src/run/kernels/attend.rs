//! Values weighted by how well queries and keys agree.

use candle_core::{D, DType, Tensor};
use declass_formats::Dtype;

use super::{linear::product, pairs::sum, softmax::over_last};
use crate::{
    net::ops::{Map, Softmax},
    run::{
        Array, Fault, Floats, Value,
        call::{Call, Results},
    },
};

/// What every pair of a query and a key has added to their product: nothing, or minus infinity where the key is
/// not to be seen.
struct Sight {
    queries: usize,
    keys: usize,
}

impl Sight {
    /// Where a rule holds, by the places of query and key.
    fn tensor(&self, call: &Call<'_>, sees: impl Fn(i64, i64) -> bool) -> Result<Tensor, Fault> {
        call.claim(&[self.queries, self.keys])?;
        let pairs =
            (0..self.queries as i64).flat_map(|query| (0..self.keys as i64).map(move |key| (query, key)));
        let added: Vec<f32> =
            pairs.map(|(query, key)| if sees(query, key) { 0.0 } else { f32::NEG_INFINITY }).collect();
        Ok(Tensor::from_vec(added, (self.queries, self.keys), call.device)?)
    }
}

/// ONNX's own.
pub(super) fn attend(call: &Call<'_>) -> Results {
    let floats = call.floats(0)?;
    if floats.dtype == Dtype::F64 || call.int("softmax_precision", 1) == 11 {
        return Err(Fault::unsupported("an attention in double precision"));
    }
    let flat = call.tensor(0)?.rank() == 3;
    let heads = |name: &str| usize::try_from(call.int(name, 0)).unwrap_or(0);
    let queries = headed(call.tensor(0)?, heads("q_num_heads"))?;
    let with_past = |operand: usize, past: usize| -> Result<Tensor, Fault> {
        let own = headed(call.tensor(operand)?, heads("kv_num_heads"))?;
        Ok(match call.optional(past)? {
            Some(past) => Tensor::cat(&[past, &own], 2)?,
            None => own,
        })
    };
    let (keys, values) = (with_past(1, 4)?, with_past(2, 5)?);
    let (samples, query_heads, count, width) = queries.dims4()?;
    let (_, key_heads, key_count, _) = keys.dims4()?;
    if key_heads == 0 || query_heads % key_heads != 0 {
        return Err(Fault::Compute(format!("{query_heads} heads of queries for {key_heads} of keys")));
    }
    let added = added(call, count, key_count)?;
    let scale = call.float("scale", 1.0 / (width as f32).sqrt());
    let repeated = |tensor: &Tensor| repeated(call, tensor, query_heads / key_heads);
    let agreement = product(call, &(&queries * scale)?, &repeated(&keys)?.t()?)?;
    let capped = match call.float("softcap", 0.0) {
        cap if cap > 0.0 => (super::elementwise::of_floats(call, Map::Tangent, &(&agreement / cap)?)? * cap)?,
        _ => agreement.clone(),
    };
    let seen = sum(call, &capped, &added)?;
    let blind = added.broadcast_as(seen.shape())?.contiguous()?.max_keepdim(D::Minus1)?;
    let weights = shared_out(call, &seen, &blind)?;
    let made = product(call, &weights, &repeated(&values)?)?;
    let made = if flat { made.transpose(1, 2)?.contiguous()?.reshape((samples, count, ()))? } else { made };
    let shown = match call.int("qk_matmul_output_mode", 0) {
        0 => agreement,
        1 => capped,
        2 => seen,
        _ => weights,
    };
    [made, keys, values, shown].into_iter().map(|tensor| Ok(floats.like(tensor).rounded()?.into())).collect()
}

/// What is added to the products of queries and keys: the mask, and what lies outside of sight.
fn added(call: &Call<'_>, count: usize, key_count: usize) -> Result<Tensor, Fault> {
    let past = call.optional(4)?.map_or(Ok(0), |past| past.dim(2))? as i64;
    let mut added = match call.get(3) {
        Some(mask) => additive(call, mask, key_count)?,
        None => Tensor::zeros((1, 1), DType::F32, call.device)?,
    };
    let (left, right) = (call.int("left_window_size", -1), call.int("right_window_size", -1));
    let causal = call.int("is_causal", 0) != 0;
    // How many keys of each sample are none of padding, if that is said.
    let lengths = call.integers(6)?;
    let sees = |length: Option<i64>| {
        let offset = length.map_or(past, |length| length - count as i64);
        move |query: i64, key: i64| {
            let behind = query + offset - key;
            (!causal || behind >= 0)
                && (left < 0 || behind <= left)
                && (right < 0 || -behind <= right)
                && length.is_none_or(|length| key < length)
        }
    };
    let sight = Sight { queries: count, keys: key_count };
    if let Some(lengths) = lengths {
        let of = |length: &i64| sight.tensor(call, sees(Some(*length)));
        let samples = lengths.iter().map(of).collect::<Result<Vec<_>, _>>()?;
        added = added.broadcast_add(&Tensor::stack(&samples, 0)?.unsqueeze(1)?)?;
    } else if causal || left >= 0 || right >= 0 {
        added = added.broadcast_add(&sight.tensor(call, sees(None))?)?;
    }
    Ok(added)
}

/// Probabilities; none where no key is seen at all.
fn shared_out(call: &Call<'_>, seen: &Tensor, blind: &Tensor) -> Result<Tensor, Fault> {
    let blind: Vec<f32> = blind.flatten_all()?.to_vec1()?;
    let weights = over_last(call, seen, Softmax::Probability)?;
    if blind.iter().all(|most| *most > f32::NEG_INFINITY) {
        return Ok(weights);
    }
    let seeing: Vec<u8> = blind.iter().map(|most| u8::from(*most > f32::NEG_INFINITY)).collect();
    let lines = [&seen.dims()[..seen.rank() - 1], &[1]].concat();
    let seeing = Tensor::from_vec(seeing, lines, call.device)?.broadcast_as(seen.shape())?.contiguous()?;
    Ok(seeing.where_cond(&weights, &weights.zeros_like()?)?)
}

/// `[b, heads, n, width]` of `[b, n, heads width]`.
fn headed(tensor: &Tensor, heads: usize) -> Result<Tensor, Fault> {
    match *tensor.dims() {
        [_, _, _, _] => Ok(tensor.clone()),
        [samples, count, width] if heads > 0 && width % heads == 0 => {
            Ok(tensor.reshape((samples, count, heads, width / heads))?.transpose(1, 2)?.contiguous()?)
        }
        _ => Err(Fault::Compute(format!("{:?} is not of {heads} heads", tensor.dims()))),
    }
}

/// Every head several times.
fn repeated(call: &Call<'_>, tensor: &Tensor, times: usize) -> Result<Tensor, Fault> {
    if times == 1 {
        return Ok(tensor.clone());
    }
    let (samples, heads, count, width) = tensor.dims4()?;
    call.claim(&[samples, heads, times, count, width])?;
    let wide = tensor.unsqueeze(2)?.broadcast_as((samples, heads, times, count, width))?.contiguous()?;
    Ok(wide.reshape((samples, heads * times, count, width))?)
}

/// A mask as what is added: of truth values, or of numbers; keys beyond it are not seen.
fn additive(call: &Call<'_>, mask: &Value, keys: usize) -> Result<Tensor, Fault> {
    let mask = match mask {
        Value::Floats(floats) => floats.tensor.clone(),
        Value::Whole(array) => {
            let added =
                array.values.iter().map(|sees| if *sees != 0 { 0.0 } else { f64::NEG_INFINITY }).collect();
            Floats::of(added, &array.shape, Dtype::F32, call.device)?.tensor
        }
    };
    let own = mask.dims().last().copied().unwrap_or(0);
    if own >= keys || mask.rank() == 0 {
        return Ok(mask);
    }
    let mut missing = mask.dims().to_vec();
    *missing.last_mut().unwrap_or(&mut 0) = keys - own;
    call.claim(&missing)?;
    let unseen = Tensor::full(f32::NEG_INFINITY, missing, call.device)?;
    Ok(Tensor::cat(&[&mask, &unseen], mask.rank() - 1)?)
}

/// onnxruntime's: queries, keys and values by one matrix.
pub(super) fn packed(call: &Call<'_>) -> Results {
    let x = call.tensor(0)?;
    let (samples, count, _) = x.dims3()?;
    let heads = usize::try_from(call.int("num_heads", 0)).unwrap_or(0);
    let unlike = [4, 6].iter().any(|operand| call.get(*operand).is_some())
        || ["do_rotary", "past_present_share_buffer"].iter().any(|name| call.int(name, 0) != 0);
    if unlike {
        return Err(Fault::unsupported("an attention with a past or with turned positions"));
    }
    let projected = product(call, x, call.tensor(1)?)?;
    let projected = match call.optional(2)? {
        Some(bias) => sum(call, &projected, bias)?,
        None => projected,
    };
    let whole = projected.dim(2)?;
    let sizes: Vec<usize> = match call.ints("qkv_hidden_sizes") {
        Some(stated) => crate::run::call::extents(stated)?,
        None => vec![whole / 3; 3],
    };
    let [queries, keys, values] = sizes[..] else {
        return Err(Fault::Compute("queries, keys and values are not three".into()));
    };
    if queries.checked_add(keys).and_then(|both| both.checked_add(values)) != Some(whole) || queries != keys {
        return Err(Fault::Compute(format!("{sizes:?} columns of {whole}")));
    }
    let part = |first: usize, size: usize| headed(&projected.narrow(2, first, size)?.contiguous()?, heads);
    let (q, k, v) = (part(0, queries)?, part(queries, keys)?, part(queries + keys, values)?);
    let scale = match call.float("scale", 0.0) {
        0.0 => 1.0 / (q.dim(3)? as f64).sqrt(),
        stated => stated,
    };
    let mut agreement = product(call, &(q * scale)?, &k.t()?)?;
    let hidden = call.float("mask_filter_value", -10_000.0);
    if let Some(mask) = call.get(3) {
        agreement = sum(call, &agreement, &filtered(call, mask.whole()?, (samples, count), hidden)?)?;
    }
    if call.int("unidirectional", 0) != 0 {
        let sight = Sight { queries: count, keys: count }.tensor(call, |query, key| key <= query)?;
        agreement = sum(call, &agreement, &sight.clamp(hidden, 0.0)?)?;
    }
    if let Some(bias) = call.optional(5)? {
        agreement = sum(call, &agreement, bias)?;
    }
    let made = product(call, &over_last(call, &agreement, Softmax::Probability)?, &v)?;
    call.made(made.transpose(1, 2)?.contiguous()?.reshape((samples, count, values))?)
}

/// A mask by key, as numbers of keys, or by query and key: what is added to the products.
fn filtered(
    call: &Call<'_>,
    mask: &Array,
    (samples, count): (usize, usize),
    hidden: f64,
) -> Result<Tensor, Fault> {
    let (sees, shape): (Vec<bool>, Vec<usize>) = match mask.shape[..] {
        [n] if n == samples => {
            let of = |length: &i64| (0..count as i64).map(|key| key < *length).collect::<Vec<_>>();
            (mask.values.iter().flat_map(of).collect(), vec![samples, 1, 1, count])
        }
        [n, keys] if n == samples && keys == count => {
            (mask.values.iter().map(|sees| *sees != 0).collect(), vec![samples, 1, 1, count])
        }
        [n, queries, keys] if n == samples && queries == count && keys == count => {
            (mask.values.iter().map(|sees| *sees != 0).collect(), vec![samples, 1, count, count])
        }
        _ => return Err(Fault::unsupported(format!("a mask of shape {:?}", mask.shape))),
    };
    let added = sees.into_iter().map(|sees| if sees { 0.0 } else { hidden }).collect();
    Ok(Floats::of(added, &shape, Dtype::F32, call.device)?.tensor)
}

/// Pairs of elements, turned by an angle that depends on the position.
pub(super) fn turned(call: &Call<'_>) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let heads = usize::try_from(call.int("num_heads", 0)).unwrap_or(0);
    let own = headed(x, heads)?;
    let (samples, _, count, width) = own.dims4()?;
    let stated = usize::try_from(call.int("rotary_embedding_dim", 0)).unwrap_or(0);
    let turns = if stated == 0 { width } else { stated };
    if turns > width || turns % 2 != 0 {
        return Err(Fault::Compute(format!("{turns} elements of {width} do not make pairs")));
    }
    let half = turns / 2;
    let angles = |operand: usize| -> Result<Tensor, Fault> {
        let table = call.tensor(operand)?;
        let picked = match call.get(3) {
            Some(places) => {
                let places = places.whole()?;
                let flat = places.reshaped(&[places.values.len()]).indices(table.dim(0)?, call.device)?;
                super::gather::picked(table, &flat, 0)?.reshape((samples, 1, count, half))?
            }
            None => table.reshape((samples, 1, count, half))?,
        };
        Ok(picked)
    };
    let (cosines, sines) = (angles(1)?, angles(2)?);
    let interleaved = call.int("interleaved", 0) != 0;
    let moving = own.narrow(3, 0, turns)?.contiguous()?;
    let (first, second) = if interleaved {
        let pairs = moving.reshape((samples, (), count, half, 2))?;
        (pairs.get_on_dim(4, 0)?.contiguous()?, pairs.get_on_dim(4, 1)?.contiguous()?)
    } else {
        (moving.narrow(3, 0, half)?.contiguous()?, moving.narrow(3, half, half)?.contiguous()?)
    };
    let real = (first.broadcast_mul(&cosines)? - second.broadcast_mul(&sines)?)?;
    let imaginary = (first.broadcast_mul(&sines)? + second.broadcast_mul(&cosines)?)?;
    let turned = if interleaved {
        Tensor::stack(&[real, imaginary], 4)?.reshape(moving.shape())?
    } else {
        Tensor::cat(&[real, imaginary], 3)?
    };
    let made = Tensor::cat(&[turned, own.narrow(3, turns, width - turns)?.contiguous()?], 3)?;
    call.made(if x.rank() == 3 { made.transpose(1, 2)?.contiguous()?.reshape(x.shape())? } else { made })
}

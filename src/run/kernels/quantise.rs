//! Whole numbers that stand for real ones: `(stored - zero) * scale`.

use candle_core::{DType, Tensor};
use declass_formats::Dtype;

use super::{convolve, linear};
use crate::run::{
    Array, Fault, Floats, Value,
    array::strides,
    call::{Call, Results, axis, elements},
};

pub(super) fn dequantise(call: &Call<'_>) -> Results {
    let (stored, scale) = (call.whole(0)?, call.floats(1)?);
    call.claim(&stored.shape)?;
    let (scales, zeros) = (Factors::of(call, 1, &stored.shape)?, Factors::optional(call, 2, &stored.shape)?);
    let dtype = match call.int("output_dtype", 0) {
        0 => scale.dtype,
        number => elements(number)?,
    };
    let real = |(at, stored): (usize, &i64)| (*stored as f64 - zeros.at(at)) as f32 * scales.at(at) as f32;
    let numbers = stored.values.iter().enumerate().map(|it| f64::from(real(it))).collect();
    Ok(vec![Floats::of(numbers, &stored.shape, dtype, call.device)?.into()])
}

pub(super) fn quantise(call: &Call<'_>) -> Results {
    let x = call.required(0)?;
    call.claim(x.shape())?;
    if call.int("precision", 0) != 0 {
        return Err(Fault::unsupported("a division in another precision"));
    }
    let (scales, zeros) = (Factors::of(call, 1, x.shape())?, Factors::optional(call, 2, x.shape())?);
    let dtype = match (call.get(2), call.int("output_dtype", 0)) {
        (Some(zero), _) => zero.dtype(),
        (None, 0) => Dtype::U8,
        (None, number) => elements(number)?,
    };
    let single = call.floats(0)?.dtype != Dtype::F64;
    let ratio = |at: usize, x: f64| {
        if single { f64::from(x as f32 / scales.at(at) as f32) } else { x / scales.at(at) }
    };
    let numbers =
        x.numbers()?.into_iter().enumerate().map(|(at, x)| ratio(at, x).round_ties_even() + zeros.at(at));
    Ok(vec![bounded(numbers, x.shape(), dtype)?.into()])
}

/// By the range of the operand itself, zero included.
pub(super) fn dynamically(call: &Call<'_>) -> Results {
    let x = call.required(0)?;
    call.claim(x.shape())?;
    let (whole, scale, zero) = by_range(x)?;
    let scale: Value = Floats::of(vec![f64::from(scale)], &[], Dtype::F32, call.device)?.into();
    Ok(vec![whole.into(), scale, Array::new(Dtype::U8, Vec::new(), vec![zero]).into()])
}

fn by_range(x: &Value) -> Result<(Array, f32, i64), Fault> {
    let numbers = x.numbers()?;
    let ends = numbers.iter().fold([0.0_f64; 2], |[low, high], x| [low.min(*x), high.max(*x)]);
    let [low, high] = ends.map(|end| end as f32);
    let scale = if high == low { 1.0 } else { (high - low) / 255.0 };
    let zero = (-low / scale).round_ties_even().clamp(0.0, 255.0);
    let whole = numbers.iter().map(|x| f64::from((*x as f32 / scale).round_ties_even() + zero));
    Ok((bounded(whole, x.shape(), Dtype::U8)?, scale, zero as i64))
}

/// Whole numbers, moved into the range of their type.
pub(super) fn bounded(
    numbers: impl Iterator<Item = f64>,
    shape: &[usize],
    dtype: Dtype,
) -> Result<Array, Fault> {
    let (low, high) = match dtype {
        Dtype::I8 => (-128.0, 127.0),
        Dtype::I16 => (-32_768.0, 32_767.0),
        Dtype::U8 => (0.0, 255.0),
        Dtype::U16 => (0.0, 65_535.0),
        other => return Err(Fault::unsupported(format!("whole numbers of type {}", other.name()))),
    };
    Ok(Array::new(dtype, shape.to_vec(), numbers.map(|number| number.clamp(low, high) as i64).collect()))
}

/// A factor for each element: one for all, one for each place of an axis, or one for each block of it.
struct Factors {
    numbers: Vec<f64>,
    /// For each axis: the distance of its elements, its extent, the length of its blocks, and the distance of
    /// their factors.
    axes: Vec<[usize; 4]>,
}

impl Factors {
    fn of(call: &Call<'_>, operand: usize, shape: &[usize]) -> Result<Self, Fault> {
        let factor = call.required(operand)?;
        let numbers = factor.numbers()?;
        let misfit = || Fault::Compute(format!("factors of shape {:?} for {shape:?}", factor.shape()));
        if numbers.len() == 1 {
            return Ok(Self { numbers, axes: Vec::new() });
        }
        let at = axis(call.int("axis", 1), shape.len())?;
        let own = strides(shape);
        if factor.shape().len() == 1 {
            let fits = numbers.len() == shape[at];
            return fits.then(|| Self { numbers, axes: vec![[own[at], shape[at], 1, 1]] }).ok_or_else(misfit);
        }
        let block = usize::try_from(call.int("block_size", 0)).ok().filter(|block| *block > 0);
        let block = block.ok_or_else(misfit)?;
        let blocks = |axis: usize| if axis == at { shape[axis].div_ceil(block) } else { shape[axis] };
        if !factor.shape().iter().copied().eq((0..shape.len()).map(blocks)) {
            return Err(misfit());
        }
        let steps = strides(factor.shape());
        let axes = (0..shape.len())
            .map(|axis| [own[axis], shape[axis], if axis == at { block } else { 1 }, steps[axis]]);
        Ok(Self { numbers, axes: axes.collect() })
    }

    /// Zero where the operand is not there.
    fn optional(call: &Call<'_>, operand: usize, shape: &[usize]) -> Result<Self, Fault> {
        match call.get(operand) {
            Some(_) => Self::of(call, operand, shape),
            None => Ok(Self { numbers: vec![0.0], axes: Vec::new() }),
        }
    }

    fn at(&self, element: usize) -> f64 {
        let place = |[step, extent, block, factors]: &[usize; 4]| element / step % extent / block * factors;
        self.numbers[self.axes.iter().map(place).sum::<usize>()]
    }
}

/// An operand less its zero point, exactly.
fn centred(
    call: &Call<'_>,
    operand: usize,
    zero: usize,
    along: impl Fn(usize) -> Vec<usize>,
) -> Result<Tensor, Fault> {
    let stored = call.whole(operand)?;
    let numbers: Vec<f64> = stored.values.iter().map(|value| *value as f64).collect();
    let stored = Tensor::from_vec(numbers, stored.shape.as_slice(), call.device)?;
    let Some(zero) = call.get(zero) else { return Ok(stored) };
    let numbers = zero.numbers()?;
    let shape = match zero.shape() {
        [] => vec![1; stored.rank()],
        [1] => vec![1; stored.rank()],
        [count] => along(*count),
        wide => wide.to_vec(),
    };
    Ok(stored.broadcast_sub(&Tensor::from_vec(numbers, shape, call.device)?)?)
}

/// The product of two operands, each less its zero point: of rows for the first, of columns for the second.
fn product(
    call: &Call<'_>,
    (a, a_zero): (usize, usize),
    (b, b_zero): (usize, usize),
) -> Result<Tensor, Fault> {
    let a = centred(call, a, a_zero, |count| vec![count, 1])?;
    let b = centred(call, b, b_zero, |count| vec![1, count])?;
    linear::product(call, &a, &b)
}

pub(super) fn whole_product(call: &Call<'_>) -> Results {
    let product = product(call, (0, 2), (1, 3))?;
    wrapped(&product)
}

pub(super) fn whole_convolution(call: &Call<'_>) -> Results {
    let map = centred(call, 0, 2, |count| vec![count])?;
    let kernels = centred(call, 1, 3, |count| vec![count, 1, 1, 1])?;
    wrapped(&convolve::convolved(call, &map, convolve::Kernels::Loose(&kernels), None)?)
}

fn wrapped(exact: &Tensor) -> Results {
    let numbers: Vec<f64> = exact.flatten_all()?.to_vec1()?;
    let values =
        numbers.into_iter().map(|number| crate::run::array::wrapped(Dtype::I32, number as i64)).collect();
    Ok(vec![Array::new(Dtype::I32, exact.dims().to_vec(), values).into()])
}

/// Of two quantised operands to a quantised result.
pub(super) fn quantised_product(call: &Call<'_>) -> Results {
    let product = product(call, (0, 2), (3, 5))?;
    let columns = product.dims().last().copied().unwrap_or(1);
    rescaled(call, &product, [1, 4, 6, 7], |at| at % columns)
}

pub(super) fn quantised_convolution(call: &Call<'_>) -> Results {
    let map = centred(call, 0, 2, |count| vec![count])?;
    let rank = map.rank();
    let per_channel = |count: usize| [vec![count], vec![1; rank - 1]].concat();
    let kernels = centred(call, 3, 5, per_channel)?;
    let mut made = convolve::convolved(call, &map, convolve::Kernels::Loose(&kernels), None)?;
    if let Some(bias) = call.get(8) {
        let numbers = bias.numbers()?;
        let shape = [vec![1, numbers.len()], vec![1; rank - 2]].concat();
        made = made.broadcast_add(&Tensor::from_vec(numbers, shape, call.device)?)?;
    }
    let (channels, positions) = (made.dim(1)?, made.dims()[2..].iter().product::<usize>().max(1));
    rescaled(call, &made, [1, 4, 6, 7], |at| at / positions % channels)
}

/// Exact products to the scale and zero point of the result; the weight may have a scale for each column.
fn rescaled(call: &Call<'_>, exact: &Tensor, scales: [usize; 4], column: impl Fn(usize) -> usize) -> Results {
    let [a, b, result, zero] = scales;
    let one = |operand: usize| -> Result<f64, Fault> {
        let missing = || Fault::Compute(format!("operand {operand} is missing"));
        call.number(operand)?.ok_or_else(missing)
    };
    let (a, result, offset) = (one(a)?, one(result)?, one(zero)?);
    let columns = call.required(b)?.numbers()?;
    let factor = |at: usize| {
        let own = if columns.len() == 1 { columns.first() } else { columns.get(column(at)) };
        own.map(|b| a * b / result).ok_or_else(|| Fault::Compute("there are less scales than columns".into()))
    };
    let exact_numbers: Vec<f64> = exact.flatten_all()?.to_vec1()?;
    let numbers = exact_numbers
        .into_iter()
        .enumerate()
        .map(|(at, number)| Ok((number * factor(at)?).round_ties_even() + offset));
    let numbers = numbers.collect::<Result<Vec<_>, Fault>>()?;
    Ok(vec![bounded(numbers.into_iter(), exact.dims(), call.required(zero)?.dtype())?.into()])
}

/// Of two quantised operands to floats.
pub(super) fn scaled_product(call: &Call<'_>) -> Results {
    let product = product(call, (0, 4), (1, 5))?.to_dtype(DType::F32)?;
    let scaled = product.broadcast_mul(call.tensor(2)?)?.broadcast_mul(call.tensor(3)?)?;
    let made = call.optional(6)?.map_or_else(|| Ok(scaled.clone()), |bias| scaled.broadcast_add(bias))?;
    call.typed(made, Dtype::F32)
}

/// Of floats, quantised by their own range, with a quantised matrix.
pub(super) fn dynamic_product(call: &Call<'_>) -> Results {
    let (whole, scale, zero) = by_range(call.required(0)?)?;
    call.claim(&whole.shape)?;
    let numbers: Vec<f64> = whole.values.iter().map(|value| (*value - zero) as f64).collect();
    let a = Tensor::from_vec(numbers, whole.shape.as_slice(), call.device)?;
    let b = centred(call, 1, 3, |count| vec![1, count])?;
    let product = linear::product(call, &a, &b)?.to_dtype(DType::F32)?.affine(f64::from(scale), 0.0)?;
    let scaled = product.broadcast_mul(call.tensor(2)?)?;
    let made = call.optional(4)?.map_or_else(|| Ok(scaled.clone()), |bias| scaled.broadcast_add(bias))?;
    call.typed(made, Dtype::F32)
}

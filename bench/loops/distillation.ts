// Each row's two log-sum-exps, then the divergence and what the gradient needs of it, then the gradient by the student's logits.

/** Rows of probabilities, as many as there are classes. */
export interface Work {
  p: Float32Array;
  q: Float32Array;
}

export function workspace(classes: number): Work {
  return { p: new Float32Array(classes), q: new Float32Array(classes) };
}

/** beta = 0, KL(teacher || student): the gradient is the difference of the probabilities. */
export function forward(student: Float32Array, teacher: Float32Array, classes: number, { q }: Work, grad: Float32Array): number {
  const rows = student.length / classes;
  const scale = 1 / rows;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    let maxS = -Infinity;
    let maxT = -Infinity;
    for (let j = 0; j < classes; j++) {
      const s = student[start + j]!;
      const t = teacher[start + j]!;
      if (s > maxS) maxS = s;
      if (t > maxT) maxT = t;
    }
    let sumS = 0;
    let sumT = 0;
    let apart = 0;
    for (let j = 0; j < classes; j++) {
      const s = student[start + j]! - maxS;
      const t = teacher[start + j]! - maxT;
      const p = Math.exp(s);
      const e = Math.exp(t);
      sumS += p;
      sumT += e;
      apart += e * (t - s);
      grad[start + j] = p;
      q[j] = e;
    }
    loss += apart / sumT + Math.log(sumS / sumT);
    const factorS = scale / sumS;
    const factorT = scale / sumT;
    for (let j = 0; j < classes; j++) grad[start + j] = grad[start + j]! * factorS - q[j]! * factorT;
  }
  return loss * scale;
}

/** 0 < beta < 1: both against their mixture. What the mixture moves by cancels in the gradient: p (log p - log m - KL(student || mixture)) is left. */
export function mixed(student: Float32Array, teacher: Float32Array, classes: number, beta: number, { p, q }: Work, grad: Float32Array): number {
  const rows = student.length / classes;
  const scale = (1 - beta) / rows;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    let maxS = -Infinity;
    let maxT = -Infinity;
    for (let j = 0; j < classes; j++) {
      const s = student[start + j]!;
      const t = teacher[start + j]!;
      if (s > maxS) maxS = s;
      if (t > maxT) maxT = t;
    }
    let sumS = 0;
    let sumT = 0;
    for (let j = 0; j < classes; j++) {
      const e = Math.exp(student[start + j]! - maxS);
      const f = Math.exp(teacher[start + j]! - maxT);
      sumS += e;
      sumT += f;
      p[j] = e;
      q[j] = f;
    }
    const logS = maxS + Math.log(sumS);
    const logT = maxT + Math.log(sumT);
    const shareS = 1 / sumS;
    const shareT = 1 / sumT;
    let ofStudent = 0;
    let ofTeacher = 0;
    for (let j = 0; j < classes; j++) {
      const own = p[j]! * shareS;
      const other = q[j]! * shareT;
      const log = Math.log((1 - beta) * own + beta * other + Number.MIN_VALUE); // finite where both are 0
      const term = own * (student[start + j]! - logS - log);
      ofStudent += term;
      ofTeacher += other * (teacher[start + j]! - logT - log);
      p[j] = own;
      grad[start + j] = term;
    }
    loss += (1 - beta) * ofStudent + beta * ofTeacher;
    for (let j = 0; j < classes; j++) grad[start + j] = (grad[start + j]! - p[j]! * ofStudent) * scale;
  }
  return loss / rows;
}

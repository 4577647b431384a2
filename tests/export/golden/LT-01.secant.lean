theorem «LT-01».«secant»
    (a d : ℝ)
    (α0 : a * d ≥ 0)
    (α1 : d ^ 2 ≤ a ^ 2)
    : d * (a - d) ≥ 0 := by
  have φ_a0 := sub_nonneg.mpr α0
  have φ_a1 := sub_nonneg.mpr α1
  refine sub_nonneg.mp (Proofcheck.nonneg_of ?_)
  intro (ν_target : 0 < (-(d * (a - d) - 0)))
  have τ1 : 0 < (1 : ℝ) * (-(d * (a - d) - 0)) * (-(d * (a - d) - 0)) := mul_pos (mul_pos ((by norm_num : (0 : ℝ) < 1)) (ν_target)) (ν_target)
  have τ2 : 0 ≤ (1 : ℝ) * (a * d - 0) * (a - d) ^ 2 := mul_nonneg (mul_nonneg (((by norm_num : (0 : ℝ) < 1)).le) (φ_a0)) (sq_nonneg (a - d))
  have τ3 : 0 ≤ (1 : ℝ) * (a ^ 2 - d ^ 2) * (-(d * (a - d) - 0)) := mul_nonneg (mul_nonneg (((by norm_num : (0 : ℝ) < 1)).le) (φ_a1)) ((ν_target).le)
  have identity : (1 : ℝ) * (-(d * (a - d) - 0)) * (-(d * (a - d) - 0)) + (1 : ℝ) * (a * d - 0) * (a - d) ^ 2 + (1 : ℝ) * (a ^ 2 - d ^ 2) * (-(d * (a - d) - 0)) = 0 := by proofcheck_identity
  linarith [identity, τ1, τ2, τ3]

(** Differentiation under the integral on a compact space.

    A finite Borel measure mu enters by what the proof needs of it: f -> int f dmu is additive, homogeneous and monotone on
    the continuous functions (on a compact metric space every such functional is the integral for one finite Borel measure,
    Riesz, but that is not used). The proof: by compactness D_x f(z, y) is within eps of D_x f(x, y) for all y at once if z
    is near x, so the mean value inequality bounds the error of the linear approximation by eps |z - x| for all y. *)

From Coq Require Import Reals Lra.
From Coquelicot Require Import Coquelicot.
From Facts Require Import Euclidean MeanValue Compactness.
Open Scope R_scope.

Definition positive_functional (X : Metric_Space) (I : (Base X -> R) -> R) : Prop :=
  (forall f g, continuous_real X f -> continuous_real X g -> I (fun x => f x + g x) = I f + I g) /\
  (forall c f, continuous_real X f -> I (fun x => c * f x) = c * I f) /\
  (forall f, continuous_real X f -> (forall x, 0 <= f x) -> 0 <= I f).

Lemma continuous_const : forall (X : Metric_Space) (c : R), continuous_real X (fun _ => c).
Proof.
  intros X c x eps eps_pos. exists 1. split; [lra|]. intros y _.
  replace (c - c) with 0 by ring. rewrite Rabs_R0. exact eps_pos.
Qed.

Lemma continuous_plus : forall (X : Metric_Space) (f g : Base X -> R),
  continuous_real X f -> continuous_real X g -> continuous_real X (fun x => f x + g x).
Proof.
  intros X f g cont_f cont_g x eps eps_pos.
  destruct (cont_f x (eps / 2)) as [r1 [r1_pos near1]]; [lra|].
  destruct (cont_g x (eps / 2)) as [r2 [r2_pos near2]]; [lra|].
  exists (Rmin r1 r2). split; [apply Rmin_pos; assumption|]. intros y close.
  generalize (Rmin_l r1 r2) (Rmin_r r1 r2); intros le1 le2.
  specialize (near1 y ltac:(lra)). specialize (near2 y ltac:(lra)).
  replace (f y + g y - (f x + g x)) with ((f y - f x) + (g y - g x)) by ring.
  apply Rle_lt_trans with (1 := Rabs_triang _ _). lra.
Qed.

Lemma continuous_scal : forall (X : Metric_Space) (c : R) (f : Base X -> R),
  continuous_real X f -> continuous_real X (fun x => c * f x).
Proof.
  intros X c f cont x eps eps_pos. generalize (Rabs_pos c); intro c_pos.
  destruct (cont x (eps / (Rabs c + 1))) as [r [r_pos near]]; [apply Rdiv_lt_0_compat; lra|].
  exists r. split; [exact r_pos|]. intros y close. specialize (near y close).
  replace (c * f y - c * f x) with (c * (f y - f x)) by ring. rewrite Rabs_mult.
  apply Rle_lt_trans with ((Rabs c) * (eps / (Rabs c + 1))).
  - apply Rmult_le_compat_l; lra.
  - apply Rmult_lt_reg_r with (Rabs c + 1); [lra|].
    replace (Rabs c * (eps / (Rabs c + 1)) * (Rabs c + 1)) with (Rabs c * eps) by (field; lra). nra.
Qed.

Section Functional.
Variable X : Metric_Space.
Variable I : (Base X -> R) -> R.
Hypothesis positive : positive_functional X I.

Lemma functional_linear : forall a b f g, continuous_real X f -> continuous_real X g ->
  I (fun x => a * f x + b * g x) = a * I f + b * I g.
Proof.
  intros a b f g cont_f cont_g. destruct positive as [add [scale _]].
  rewrite (add (fun x => a * f x) (fun x => b * g x)) by (apply continuous_scal; assumption).
  rewrite !scale by assumption. reflexivity.
Qed.

Lemma functional_monotone : forall f g, continuous_real X f -> continuous_real X g ->
  (forall x, f x <= g x) -> I f <= I g.
Proof.
  intros f g cont_f cont_g le. destruct positive as [add [scale pos]].
  assert (diff : 0 <= I (fun x => g x + -1 * f x)).
  { apply pos; [apply continuous_plus; [assumption | apply continuous_scal; assumption]|].
    intros x. specialize (le x). lra. }
  rewrite (add g (fun x => -1 * f x)) in diff by (try apply continuous_scal; assumption).
  rewrite (scale (-1) f cont_f) in diff. lra.
Qed.

Lemma functional_ext : forall f g, continuous_real X f -> (forall x, f x = g x) -> I f = I g.
Proof.
  intros f g cont_f same.
  assert (cont_g : continuous_real X g).
  { intros x eps eps_pos. destruct (cont_f x eps eps_pos) as [r [r_pos near]]. exists r. split; [exact r_pos|].
    intros y close. rewrite <- !same. apply near, close. }
  apply Rle_antisym; apply functional_monotone; try assumption; intros x; rewrite same; lra.
Qed.

Lemma functional_bound : forall f M, continuous_real X f -> (forall x, Rabs (f x) <= M) ->
  Rabs (I f) <= M * I (fun _ => 1).
Proof.
  intros f M cont bound. destruct positive as [_ [scale _]].
  assert (one : continuous_real X (fun _ => 1)) by apply continuous_const.
  rewrite <- (scale M (fun _ => 1) one).
  assert (upper : I f <= I (fun _ => M * 1)).
  { apply functional_monotone; [exact cont | apply continuous_scal, one|].
    intros x. specialize (bound x). apply Rabs_le_between in bound. lra. }
  assert (lower : -1 * I (fun _ => M * 1) <= I f).
  { rewrite <- (scale (-1) (fun _ => M * 1)) by (apply continuous_scal, one).
    apply functional_monotone; [apply continuous_scal, continuous_scal, one | exact cont|].
    intros x. specialize (bound x). apply Rabs_le_between in bound. lra. }
  apply Rabs_le. lra.
Qed.

Lemma functional_one_pos : 0 <= I (fun _ => 1).
Proof. destruct positive as [_ [_ pos]]. apply pos; [apply continuous_const | intros; lra]. Qed.
End Functional.

(** D : U -> Omega -> (V -> R) is continuous on U x Omega, in the norm of linear maps. *)
Definition derivative_continuous (V : NormedModule R_AbsRing) (X : Metric_Space) (U : V -> Prop)
    (D : V -> Base X -> V -> R) : Prop :=
  forall x y eps, U x -> 0 < eps -> exists delta, 0 < delta /\
    forall z y', U z -> norm (minus z x) < delta -> dist X y y' < delta ->
    forall u, Rabs (D z y' u - D x y u) <= eps * norm u.

Section Differentiation.
Variable V : NormedModule R_AbsRing.
Variable X : Metric_Space.
Variable I : (Base X -> R) -> R.
Variable U : V -> Prop.
Variable f : V -> Base X -> R.
Variable D : V -> Base X -> V -> R.
Hypothesis comp : compact X.
Hypothesis positive : positive_functional X I.
Hypothesis U_open : forall x, U x -> exists r, 0 < r /\ forall z, norm (minus z x) < r -> U z.
Hypothesis f_continuous : forall x, U x -> continuous_real X (f x).
Hypothesis f_derivative : forall x y, U x -> filterdiff (fun z => f z y) (locally x) (D x y).
Hypothesis D_continuous : derivative_continuous V X U D.

Lemma D_linear : forall x y, U x -> is_linear (D x y).
Proof. intros x y Ux. apply (f_derivative x y Ux). Qed.

Lemma D_in_y : forall x u, U x -> continuous_real X (fun y => D x y u).
Proof.
  intros x u Ux y eps eps_pos. generalize (norm_ge_0 u); intro u_pos.
  destruct (D_continuous x y (eps / (norm u + 1)) Ux) as [delta [delta_pos near]].
  { apply Rdiv_lt_0_compat; lra. }
  exists delta. split; [exact delta_pos|]. intros y' close.
  apply Rle_lt_trans with (eps / (norm u + 1) * norm u).
  - apply near; [exact Ux | rewrite norm_minus_self; exact delta_pos | exact close].
  - apply Rmult_lt_reg_r with (norm u + 1); [lra|].
    replace (eps / (norm u + 1) * norm u * (norm u + 1)) with (eps * norm u) by (field; lra). nra.
Qed.

(** The derivative at z is within eps of that at x, for all y at once. *)
Lemma D_uniform : forall x eps, U x -> 0 < eps -> exists delta, 0 < delta /\
  forall z y, norm (minus z x) < delta -> U z /\ forall u, Rabs (D z y u - D x y u) <= eps * norm u.
Proof.
  intros x eps Ux eps_pos.
  destruct (compact_uniform X (fun y delta => forall z, norm (minus z x) < delta ->
    U z /\ forall u, Rabs (D z y u - D x y u) <= eps * norm u) comp) as [delta [delta_pos all]].
  - intros y a b near range z close. apply near. lra.
  - intros y. destruct (U_open x Ux) as [r [r_pos inside]].
    destruct (D_continuous x y (eps / 2) Ux) as [delta [delta_pos near]]; [lra|].
    exists delta. split; [exact delta_pos|]. exists (Rmin r delta). split; [apply Rmin_pos; assumption|].
    generalize (Rmin_l r delta) (Rmin_r r delta); intros le1 le2.
    intros y' close z close_z. assert (Uz : U z) by (apply inside; lra). split; [exact Uz|]. intros u.
    assert (first : Rabs (D z y' u - D x y u) <= eps / 2 * norm u) by (apply near; [exact Uz | lra | exact close]).
    assert (second : Rabs (D x y' u - D x y u) <= eps / 2 * norm u).
    { apply near; [exact Ux | rewrite norm_minus_self; exact delta_pos | exact close]. }
    replace (D z y' u - D x y' u) with ((D z y' u - D x y u) + - (D x y' u - D x y u)) by ring.
    apply Rle_trans with (1 := Rabs_triang _ _). rewrite Rabs_Ropp. lra.
  - exists delta. split; [exact delta_pos|]. intros z y close. exact (all y z close).
Qed.

Lemma remainder : forall x eps, U x -> 0 < eps -> exists delta, 0 < delta /\
  forall z, norm (minus z x) < delta -> forall y, Rabs (f z y - f x y - D x y (minus z x)) <= eps * norm (minus z x).
Proof.
  intros x eps Ux eps_pos. destruct (D_uniform x eps Ux eps_pos) as [delta [delta_pos near]].
  exists delta. split; [exact delta_pos|]. intros z close y.
  set (ball := fun w : V => norm (minus w x) < delta).
  assert (inside : forall t, 0 <= t <= 1 -> ball (point V x z t)).
  { intros t t_in. unfold ball.
    assert (step : minus (point V x z t) x = scal (t - 0) (minus z x)).
    { rewrite <- point_minus. f_equal. symmetry. apply point_0. }
    rewrite step. apply Rle_lt_trans with (Rabs (t - 0) * norm (minus z x)); [apply (norm_scal (V := V))|].
    rewrite Rabs_pos_eq by lra. generalize (norm_ge_0 (minus z x)). nra. }
  assert (lip : norm (minus (minus (f z y) (D x y z)) (minus (f x y) (D x y x))) <= eps * norm (minus z x)).
  { apply (mean_value_segment V R_NormedModule ball (fun w => minus (f w y) (D x y w))
      (fun w u => minus (D w y u) (D x y u)) eps); [lra | exact inside | |].
    - intros t t_in. destruct (near _ y (inside t t_in)) as [Uw _]. apply filterdiff_within.
      apply (filterdiff_minus_fct (fun w => f w y) (D x y)); [apply f_derivative, Uw|].
      apply filterdiff_linear, D_linear, Ux.
    - intros s t t_in. destruct (near _ y (inside t t_in)) as [_ bound]. exact (bound _). }
  replace (f z y - f x y - D x y (minus z x)) with (f z y - D x y z - (f x y - D x y x)); [exact lip|].
  rewrite (linear_minus (D x y) z x (D_linear x y Ux) : D x y (minus z x) = D x y z - D x y x). ring.
Qed.

Lemma integral_linear : forall x, U x -> is_linear (fun u => I (fun y => D x y u)).
Proof.
  intros x Ux. split.
  - intros u w. change (I (fun y => D x y (plus u w)) = I (fun y => D x y u) + I (fun y => D x y w)).
    destruct positive as [add _]. rewrite <- add by (apply D_in_y, Ux).
    apply (functional_ext X I positive); [apply D_in_y, Ux|]. intros y. exact (linear_plus _ (D_linear x y Ux) u w).
  - intros k u. change (I (fun y => D x y (scal k u)) = k * I (fun y => D x y u)).
    destruct positive as [_ [scale _]]. rewrite <- scale by (apply D_in_y, Ux).
    apply (functional_ext X I positive); [apply D_in_y, Ux|]. intros y. exact (linear_scal _ (D_linear x y Ux) k u).
  - destruct (compact_uniform X (fun y delta => forall u, Rabs (D x y u) <= / delta * norm u) comp) as [delta [delta_pos all]].
    + intros y a b bound range u. apply Rle_trans with (1 := bound u).
      apply Rmult_le_compat_r; [apply norm_ge_0 | apply Rinv_le_contravar; lra].
    + intros y. destruct (linear_norm (D x y) (D_linear x y Ux)) as [M [M_pos bound]].
      destruct (D_continuous x y 1 Ux Rlt_0_1) as [r [r_pos near]]. exists r. split; [exact r_pos|].
      exists (/ (M + 1)). split; [apply Rinv_0_lt_compat; lra|]. intros y' close u. rewrite Rinv_inv.
      specialize (near x y' Ux). rewrite norm_minus_self in near. specialize (near r_pos close u). specialize (bound u).
      change (Rabs (D x y u) <= M * norm u) in bound.
      replace (D x y' u) with ((D x y' u - D x y u) + D x y u) by ring.
      apply Rle_trans with (1 := Rabs_triang _ _). lra.
    + generalize (functional_one_pos X I positive); intro mass.
      exists (/ delta * I (fun _ => 1) + 1). split.
      { assert (0 <= / delta * I (fun _ => 1)); [|lra].
        apply Rmult_le_pos; [left; apply Rinv_0_lt_compat, delta_pos | exact mass]. }
      intros u. change (Rabs (I (fun y => D x y u)) <= (/ delta * I (fun _ => 1) + 1) * norm u).
      apply Rle_trans with (/ delta * norm u * I (fun _ => 1)).
      * apply (functional_bound X I positive); [apply D_in_y, Ux | intros y; apply all].
      * generalize (norm_ge_0 u). nra.
Qed.

Theorem derivative_of_integral : forall x, U x ->
  filterdiff (fun z => I (f z)) (locally x) (fun u => I (fun y => D x y u)).
Proof.
  intros x Ux. split; [apply integral_linear, Ux|].
  intros x' at_x. apply is_filter_lim_locally_unique in at_x. subst x'. intros [eps eps_pos]. simpl.
  generalize (functional_one_pos X I positive); intro mass.
  destruct (remainder x (eps / (I (fun _ => 1) + 1)) Ux) as [delta [delta_pos small]].
  { apply Rdiv_lt_0_compat; lra. }
  destruct (U_open x Ux) as [r [r_pos inside]].
  apply locally_le_locally_norm. exists (mkposreal _ (Rmin_pos _ _ delta_pos r_pos)). simpl.
  intros z close. change (norm (minus z x) < Rmin delta r) in close.
  generalize (Rmin_l delta r) (Rmin_r delta r); intros le1 le2.
  assert (Uz : U z) by (apply inside; lra). specialize (small z ltac:(lra)).
  change (Rabs (I (f z) - I (f x) - I (fun y => D x y (minus z x))) <= eps * norm (minus z x)).
  assert (cont : continuous_real X (fun y => 1 * f z y + (-1) * f x y)).
  { apply continuous_plus; apply continuous_scal, f_continuous; assumption. }
  assert (combine : I (f z) - I (f x) - I (fun y => D x y (minus z x))
    = I (fun y => 1 * (1 * f z y + (-1) * f x y) + (-1) * D x y (minus z x))).
  { rewrite (functional_linear X I positive 1 (-1)) by (try assumption; apply D_in_y, Ux).
    rewrite (functional_linear X I positive 1 (-1)) by (apply f_continuous; assumption). ring. }
  rewrite combine.
  apply Rle_trans with (eps / (I (fun _ => 1) + 1) * norm (minus z x) * I (fun _ => 1)).
  - apply (functional_bound X I positive).
    + apply continuous_plus; apply continuous_scal; [exact cont | apply D_in_y, Ux].
    + intros y. replace (1 * (1 * f z y + -1 * f x y) + -1 * D x y (minus z x)) with (f z y - f x y - D x y (minus z x)) by ring.
      apply small.
  - generalize (norm_ge_0 (minus z x)); intro n_pos.
    replace (eps / (I (fun _ => 1) + 1) * norm (minus z x) * I (fun _ => 1))
      with (eps * norm (minus z x) * (I (fun _ => 1) / (I (fun _ => 1) + 1))) by (field; lra).
    assert (ratio : I (fun _ => 1) / (I (fun _ => 1) + 1) <= 1).
    { apply Rmult_le_reg_r with (I (fun _ => 1) + 1); [lra|].
      replace (I (fun _ => 1) / (I (fun _ => 1) + 1) * (I (fun _ => 1) + 1)) with (I (fun _ => 1)) by (field; lra). lra. }
    assert (0 <= eps * norm (minus z x)) by (apply Rmult_le_pos; lra). nra.
Qed.

Theorem derivative_of_integral_continuous : forall x eps, U x -> 0 < eps -> exists delta, 0 < delta /\
  forall z, U z -> norm (minus z x) < delta ->
  forall u, Rabs (I (fun y => D z y u) - I (fun y => D x y u)) <= eps * norm u.
Proof.
  intros x eps Ux eps_pos. generalize (functional_one_pos X I positive); intro mass.
  destruct (D_uniform x (eps / (I (fun _ => 1) + 1)) Ux) as [delta [delta_pos near]].
  { apply Rdiv_lt_0_compat; lra. }
  exists delta. split; [exact delta_pos|]. intros z Uz close u. generalize (norm_ge_0 u); intro u_pos.
  assert (combine : I (fun y => D z y u) - I (fun y => D x y u) = I (fun y => 1 * D z y u + (-1) * D x y u)).
  { rewrite (functional_linear X I positive 1 (-1)) by (apply D_in_y; assumption). ring. }
  rewrite combine. apply Rle_trans with (eps / (I (fun _ => 1) + 1) * norm u * I (fun _ => 1)).
  - apply (functional_bound X I positive).
    + apply continuous_plus; apply continuous_scal, D_in_y; assumption.
    + intros y. replace (1 * D z y u + -1 * D x y u) with (D z y u - D x y u) by ring. apply (near z y close).
  - apply Rmult_le_reg_r with (I (fun _ => 1) + 1); [lra|].
    replace (eps / (I (fun _ => 1) + 1) * norm u * I (fun _ => 1) * (I (fun _ => 1) + 1))
      with (eps * norm u * I (fun _ => 1)) by (field; lra).
    assert (0 <= eps * norm u) by (apply Rmult_le_pos; lra). nra.
Qed.
End Differentiation.

(** The fact, on R^(d+1). *)
Theorem differentiation_under_integral : forall (d : nat) (Omega : Metric_Space) (I : (Base Omega -> R) -> R)
    (U : euclid d -> Prop) (f : euclid d -> Base Omega -> R) (D : euclid d -> Base Omega -> euclid d -> R),
  compact Omega -> positive_functional Omega I ->
  (forall x, U x -> exists r, 0 < r /\ forall z, norm (minus z x) < r -> U z) ->
  (forall x, U x -> continuous_real Omega (f x)) ->
  (forall x y, U x -> filterdiff (fun z => f z y) (locally x) (D x y)) ->
  derivative_continuous (euclid d) Omega U D ->
  (forall x, U x -> filterdiff (fun z => I (f z)) (locally x) (fun u => I (fun y => D x y u))) /\
  (forall x eps, U x -> 0 < eps -> exists delta, 0 < delta /\ forall z, U z -> norm (minus z x) < delta ->
     forall u, Rabs (I (fun y => D z y u) - I (fun y => D x y u)) <= eps * norm u).
Proof.
  intros d Omega I U f D comp positive op f_cont f_der D_cont. split.
  - exact (derivative_of_integral (euclid d) Omega I U f D comp positive op f_cont f_der D_cont).
  - exact (derivative_of_integral_continuous (euclid d) Omega I U D comp positive op D_cont).
Qed.

(** Couplings on a compact space: measures as positive functionals, their products, and a coupling that is cheap enough.

    A Borel probability measure is what its integral is on continuous functions, a coupling of mu and nu a positive functional
    on the continuous functions of two variables with these marginals. Given eps, a finite net and a partition of unity turn
    the problem into a finite one; a coupling gamma of it has the density sum gamma_ij chi_i(x) chi_j(y)/(m_i k_j) with
    respect to the product of mu and nu, which is a coupling of mu and nu. *)

From Coq Require Import Reals Lra Lia List Classical.
Import ListNotations.
From Facts Require Import Compactness StoneWeierstrass Integral Farkas Transport.
Open Scope R_scope.

Definition probability_measure (X : Metric_Space) (mu : (Base X -> R) -> R) : Prop :=
  positive_functional X mu /\ mu (fun _ => 1) = 1.

Definition coupling (X : Metric_Space) (mu nu : (Base X -> R) -> R) (pi : (Base (product_space X X) -> R) -> R) : Prop :=
  positive_functional (product_space X X) pi /\
  (forall f, continuous_real X f -> pi (fun z => f (fst z)) = mu f /\ pi (fun z => f (snd z)) = nu f).

Definition cost (X : Metric_Space) (pi : (Base (product_space X X) -> R) -> R) : R := pi (fun z => dist X (fst z) (snd z)).

Lemma continuous_mult : forall (X : Metric_Space) (f g : Base X -> R),
  continuous_real X f -> continuous_real X g -> continuous_real X (fun x => f x * g x).
Proof.
  intros X f g cont_f cont_g x eps eps_pos.
  generalize (Rabs_pos (f x)) (Rabs_pos (g x)); intros f_pos g_pos.
  set (K := Rabs (f x) + Rabs (g x) + 1). assert (K_pos : 0 < K) by (unfold K; lra).
  set (e := Rmin 1 (eps / (2 * K))).
  assert (e_pos : 0 < e) by (apply Rmin_pos; [lra | apply Rdiv_lt_0_compat; lra]).
  assert (e_one : e <= 1) by apply Rmin_l.
  assert (e_small : e * K <= eps / 2).
  { apply Rle_trans with (eps / (2 * K) * K); [apply Rmult_le_compat_r; [lra | apply Rmin_r]|].
    right. field. lra. }
  destruct (cont_f x e e_pos) as [r1 [r1_pos near1]]. destruct (cont_g x e e_pos) as [r2 [r2_pos near2]].
  exists (Rmin r1 r2). split; [apply Rmin_pos; assumption|]. intros y close.
  generalize (Rmin_l r1 r2) (Rmin_r r1 r2); intros le1 le2.
  specialize (near1 y ltac:(lra)). specialize (near2 y ltac:(lra)).
  replace (f y * g y - f x * g x) with ((f y - f x) * (g y - g x) + (f x * (g y - g x) + g x * (f y - f x))) by ring.
  apply Rle_lt_trans with (e * e + (Rabs (f x) * e + Rabs (g x) * e)).
  - apply Rle_trans with (1 := Rabs_triang _ _). apply Rplus_le_compat.
    + rewrite Rabs_mult. apply Rmult_le_compat; try apply Rabs_pos; lra.
    + apply Rle_trans with (1 := Rabs_triang _ _). rewrite !Rabs_mult. apply Rplus_le_compat;
        apply Rmult_le_compat_l; lra.
  - unfold K in e_small. nra.
Qed.

Lemma continuous_inv : forall (X : Metric_Space) (f : Base X -> R),
  continuous_real X f -> (forall x, 0 < f x) -> continuous_real X (fun x => / f x).
Proof.
  intros X f cont pos x eps eps_pos. generalize (pos x); intro fx.
  assert (room : 0 < Rmin (f x / 2) (eps * (f x * f x) / 2)).
  { apply Rmin_pos; [lra|]. assert (0 < eps * (f x * f x)) by (repeat apply Rmult_lt_0_compat; lra). lra. }
  destruct (cont x _ room) as [r [r_pos near]]. exists r. split; [exact r_pos|]. intros y close.
  specialize (near y close). generalize (pos y); intro fy.
  generalize (Rmin_l (f x / 2) (eps * (f x * f x) / 2)) (Rmin_r (f x / 2) (eps * (f x * f x) / 2)); intros le1 le2.
  assert (big : f x / 2 < f y).
  { assert (small : Rabs (f y - f x) < f x / 2) by lra. apply Rabs_def2 in small. lra. }
  replace (/ f y - / f x) with (- (f y - f x) * / (f y * f x)) by (field; lra).
  rewrite Rabs_mult, Rabs_Ropp, (Rabs_pos_eq (/ (f y * f x))).
  2: { left. apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption. }
  assert (prod : 0 < f y * f x) by (apply Rmult_lt_0_compat; assumption).
  apply Rmult_lt_reg_r with (f y * f x); [exact prod|].
  rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
  apply Rlt_le_trans with (eps * (f x * f x) / 2); [lra|].
  assert (0 <= eps * f x * (f y - f x / 2)); [|lra].
  apply Rmult_le_pos; [apply Rmult_le_pos; lra | lra].
Qed.

Lemma continuous_sum : forall (X : Metric_Space) n (f : nat -> Base X -> R),
  (forall i, (i < n)%nat -> continuous_real X (f i)) -> continuous_real X (fun x => sum n (fun i => f i x)).
Proof.
  intros X n f cont. induction n as [|n IH]; simpl; [apply continuous_const|].
  apply (continuous_plus X (fun x => sum n (fun i => f i x)) (f n)); [|apply cont; lia].
  apply IH. intros i lt. apply cont. lia.
Qed.

Lemma functional_sum : forall (X : Metric_Space) I n (f : nat -> Base X -> R), positive_functional X I ->
  (forall i, (i < n)%nat -> continuous_real X (f i)) -> I (fun x => sum n (fun i => f i x)) = sum n (fun i => I (f i)).
Proof.
  intros X I n f [add [scale pos]] cont. induction n as [|n IH]; simpl.
  - generalize (scale 0 (fun _ => 0) (continuous_const X 0)). rewrite !Rmult_0_l. intro zero. exact zero.
  - rewrite (add (fun x => sum n (fun i => f i x)) (f n)), IH; [reflexivity | | |].
    + intros i lt. apply cont. lia.
    + apply continuous_sum. intros i lt. apply cont. lia.
    + apply cont. lia.
Qed.

Lemma continuous_fst : forall (X Y : Metric_Space) f, continuous_real X f ->
  continuous_real (product_space X Y) (fun z => f (fst z)).
Proof.
  intros X Y f cont z eps eps_pos. destruct (cont (fst z) eps eps_pos) as [r [r_pos near]].
  exists r. split; [exact r_pos|]. intros z' close. apply near. apply Rle_lt_trans with (2 := close). apply Rmax_l.
Qed.

Lemma continuous_snd : forall (X Y : Metric_Space) f, continuous_real Y f ->
  continuous_real (product_space X Y) (fun z => f (snd z)).
Proof.
  intros X Y f cont z eps eps_pos. destruct (cont (snd z) eps eps_pos) as [r [r_pos near]].
  exists r. split; [exact r_pos|]. intros z' close. apply near. apply Rle_lt_trans with (2 := close). apply Rmax_r.
Qed.

Lemma continuous_dist : forall X : Metric_Space, continuous_real (product_space X X) (fun z => dist X (fst z) (snd z)).
Proof.
  intros X z eps eps_pos. exists (eps / 2). split; [lra|]. intros z' close.
  assert (first : dist X (fst z) (fst z') < eps / 2) by (apply Rle_lt_trans with (2 := close); apply Rmax_l).
  assert (second : dist X (snd z) (snd z') < eps / 2) by (apply Rle_lt_trans with (2 := close); apply Rmax_r).
  generalize (dist_tri X (fst z') (snd z') (fst z)) (dist_tri X (fst z) (snd z') (snd z)).
  generalize (dist_tri X (fst z) (snd z) (fst z')) (dist_tri X (fst z') (snd z) (snd z')).
  rewrite (dist_sym X (fst z') (fst z)), (dist_sym X (snd z') (snd z)). intros. apply Rabs_def1; lra.
Qed.

Lemma slice_continuous : forall (X Y : Metric_Space) h x, continuous_real (product_space X Y) h ->
  continuous_real Y (fun y => h (x, y)).
Proof.
  intros X Y h x cont y eps eps_pos. destruct (cont (x, y) eps eps_pos) as [r [r_pos near]].
  exists r. split; [exact r_pos|]. intros y' close. apply near. simpl. rewrite (dist_self X x).
  apply Rmax_lub_lt; assumption.
Qed.

Section Iterate.
Variable X : Metric_Space.
Variables mu nu : (Base X -> R) -> R.
Hypothesis comp : compact X.
Hypothesis mu_prob : probability_measure X mu.
Hypothesis nu_prob : probability_measure X nu.

(** The product of mu and nu. *)
Definition iterate (h : Base (product_space X X) -> R) : R := mu (fun x => nu (fun y => h (x, y))).

Lemma inner_continuous : forall h, continuous_real (product_space X X) h ->
  continuous_real X (fun x => nu (fun y => h (x, y))).
Proof.
  intros h cont x eps eps_pos. destruct nu_prob as [nu_pos nu_one].
  destruct (compact_uniform X (fun y r => forall x', dist X x x' < r -> Rabs (h (x', y) - h (x, y)) <= eps / 2) comp)
    as [r [r_pos near]].
  - intros y a b close range x' small. apply close. lra.
  - intros y. destruct (cont (x, y) (eps / 4)) as [r [r_pos near]]; [lra|].
    exists r. split; [exact r_pos|]. exists r. split; [exact r_pos|]. intros y' close_y x' close_x.
    assert (first : Rabs (h (x', y') - h (x, y)) < eps / 4).
    { apply near. simpl. apply Rmax_lub_lt; assumption. }
    assert (second : Rabs (h (x, y') - h (x, y)) < eps / 4).
    { apply near. simpl. rewrite (dist_self X x). apply Rmax_lub_lt; assumption. }
    apply Rabs_def2 in first. apply Rabs_def2 in second. apply Rabs_le. lra.
  - exists r. split; [exact r_pos|]. intros x' close.
    assert (combine : nu (fun y => h (x', y)) - nu (fun y => h (x, y)) = nu (fun y => 1 * h (x', y) + (-1) * h (x, y))).
    { rewrite (functional_linear X nu nu_pos 1 (-1)) by (apply slice_continuous, cont). ring. }
    rewrite combine. apply Rle_lt_trans with (eps / 2 * nu (fun _ => 1)); [|rewrite nu_one; lra].
    apply (functional_bound X nu nu_pos).
    + apply continuous_plus; apply continuous_scal, slice_continuous, cont.
    + intros y. replace (1 * h (x', y) + -1 * h (x, y)) with (h (x', y) - h (x, y)) by ring. apply near, close.
Qed.

Theorem iterate_positive : positive_functional (product_space X X) iterate.
Proof.
  destruct mu_prob as [[mu_add [mu_scale mu_pos]] _]. destruct nu_prob as [[nu_add [nu_scale nu_pos]] _].
  split; [|split].
  - intros f g cont_f cont_g. unfold iterate. rewrite <- mu_add by (apply inner_continuous; assumption).
    apply (functional_ext X mu (proj1 mu_prob)).
    + apply (inner_continuous (fun z => f z + g z)), continuous_plus; assumption.
    + intros x. apply nu_add; apply slice_continuous; assumption.
  - intros c f cont. unfold iterate. rewrite <- mu_scale by (apply inner_continuous; assumption).
    apply (functional_ext X mu (proj1 mu_prob)).
    + apply (inner_continuous (fun z => c * f z)), continuous_scal, cont.
    + intros x. apply nu_scale, slice_continuous, cont.
  - intros f cont pos. apply mu_pos; [apply inner_continuous, cont|]. intros x.
    apply nu_pos; [apply slice_continuous, cont | intros y; apply pos].
Qed.

Lemma iterate_tensor : forall a b, continuous_real X a -> continuous_real X b ->
  iterate (fun z => a (fst z) * b (snd z)) = mu a * nu b.
Proof.
  intros a b cont_a cont_b. destruct mu_prob as [[_ [mu_scale _]] _]. destruct nu_prob as [[_ [nu_scale _]] _].
  unfold iterate. simpl. rewrite Rmult_comm, <- mu_scale by assumption. symmetry.
  apply (functional_ext X mu (proj1 mu_prob)); [apply continuous_scal, cont_a|].
  intros x. rewrite (nu_scale (a x) b cont_b). ring.
Qed.

Lemma iterate_tensors : forall n (q : nat -> nat -> R) (a b : nat -> Base X -> R),
  (forall i, (i < n)%nat -> continuous_real X (a i)) -> (forall j, (j < n)%nat -> continuous_real X (b j)) ->
  iterate (fun z => sum n (fun i => sum n (fun j => q i j * (a i (fst z) * b j (snd z))))) =
  sum n (fun i => sum n (fun j => q i j * (mu (a i) * nu (b j)))).
Proof.
  intros n q a b cont_a cont_b. generalize iterate_positive; intro positive.
  assert (cont : forall i j, (i < n)%nat -> (j < n)%nat ->
    continuous_real (product_space X X) (fun z => a i (fst z) * b j (snd z))).
  { intros i j i_lt j_lt. apply continuous_mult; [apply continuous_fst | apply continuous_snd]; auto. }
  rewrite (functional_sum _ iterate n (fun i z => sum n (fun j => q i j * (a i (fst z) * b j (snd z)))) positive).
  2: { intros i lt. apply continuous_sum. intros j j_lt. apply continuous_scal, cont; assumption. }
  apply sum_ext. intros i i_lt.
  rewrite (functional_sum _ iterate n (fun j z => q i j * (a i (fst z) * b j (snd z))) positive).
  2: { intros j j_lt. apply continuous_scal, cont; assumption. }
  apply sum_ext. intros j j_lt. destruct positive as [_ [scale _]].
  rewrite (scale (q i j) (fun z => a i (fst z) * b j (snd z))) by (apply cont; assumption).
  rewrite iterate_tensor by auto. reflexivity.
Qed.
End Iterate.

Lemma density_positive : forall (Z : Metric_Space) I w, positive_functional Z I -> continuous_real Z w ->
  (forall z, 0 <= w z) -> positive_functional Z (fun h => I (fun z => w z * h z)).
Proof.
  intros Z I w positive cont_w w_pos. destruct positive as [add [scale pos]] eqn:same. clear same. split; [|split].
  - intros f g cont_f cont_g. rewrite <- add by (apply continuous_mult; assumption).
    apply (functional_ext Z I (conj add (conj scale pos))).
    + apply continuous_mult; [assumption | apply continuous_plus; assumption].
    + intros z. ring.
  - intros c f cont_f. rewrite <- scale by (apply continuous_mult; assumption).
    apply (functional_ext Z I (conj add (conj scale pos))).
    + apply continuous_mult; [assumption | apply continuous_scal; assumption].
    + intros z. ring.
  - intros f cont_f f_pos. apply pos; [apply continuous_mult; assumption|]. intros z. apply Rmult_le_pos; auto.
Qed.

Lemma mass_zero : forall (X : Metric_Space) I chi f, compact X -> positive_functional X I -> continuous_real X chi ->
  (forall x, 0 <= chi x) -> I chi = 0 -> continuous_real X f -> I (fun x => chi x * f x) = 0.
Proof.
  intros X I chi f comp positive cont_chi chi_pos null cont_f.
  destruct (continuous_bounded X f comp cont_f) as [M bound]. destruct positive as [add [scale pos]] eqn:same. clear same.
  assert (cont : continuous_real X (fun x => chi x * f x)) by (apply continuous_mult; assumption).
  assert (sides : forall x, -M <= f x <= M).
  { intros x. specialize (bound x). generalize (Rle_abs (f x)) (Rle_abs (- f x)). rewrite Rabs_Ropp. lra. }
  apply Rle_antisym.
  - apply Rle_trans with (I (fun x => M * chi x)); [|rewrite scale, null by assumption; lra].
    apply (functional_monotone X I (conj add (conj scale pos)) _ _ cont (continuous_scal X M chi cont_chi)).
    intros x. specialize (sides x). specialize (chi_pos x). nra.
  - apply Rle_trans with (I (fun x => (-M) * chi x)); [rewrite scale, null by assumption; lra|].
    apply (functional_monotone X I (conj add (conj scale pos)) _ _ (continuous_scal X (-M) chi cont_chi) cont).
    intros x. specialize (sides x). specialize (chi_pos x). nra.
Qed.

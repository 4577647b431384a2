(** The probability measures on a compact metric space with the distance W_1 are compact: complete, totally bounded, and
    the theorem of TotallyBounded.v, whose hypothesis of dependent choice stays a hypothesis. *)

From Coq Require Import Reals Lra Lia List Classical.
From Coquelicot Require Import Coquelicot.
Import ListNotations.
From Facts Require Import Compactness UniformLimit StoneWeierstrass Integral Farkas Transport Couplings Potentials Kantorovich.
From Facts Require Import TotallyBounded Measures.
Open Scope R_scope.

Lemma small_zero : forall x c, 0 <= c -> (forall eps, 0 < eps -> Rabs x <= c * eps) -> x = 0.
Proof.
  intros x c c_pos small. apply NNPP. intro some. generalize (Rabs_pos_lt x some). intro pos.
  specialize (small (Rabs x / (2 * (c + 1)))). assert (half : 0 < Rabs x / (2 * (c + 1))) by (apply Rdiv_lt_0_compat; lra).
  specialize (small half).
  assert (bound : c * (Rabs x / (2 * (c + 1))) <= Rabs x / 2); [|lra].
  apply Rmult_le_reg_r with (2 * (c + 1)); [lra|].
  replace (c * (Rabs x / (2 * (c + 1))) * (2 * (c + 1))) with (c * Rabs x) by (field; lra).
  replace (Rabs x / 2 * (2 * (c + 1))) with ((c + 1) * Rabs x) by field. lra.
Qed.

Lemma sum_const : forall n c, sum n (fun _ => c) = INR n * c.
Proof. induction n as [|n IH]; intros c; [simpl; ring|]. rewrite S_INR. simpl. rewrite IH. ring. Qed.

Lemma term_le_sum : forall n f i, (forall k, (k < n)%nat -> 0 <= f k) -> (i < n)%nat -> f i <= sum n f.
Proof.
  induction n as [|n IH]; intros f i pos lt; [lia|]. simpl.
  assert (rest : 0 <= sum n f) by (apply sum_nonneg; intros k small; apply pos; lia).
  generalize (pos n ltac:(lia)). intro last. destruct (Nat.eq_dec i n) as [-> | other]; [lra|].
  assert (f i <= sum n f); [|lra]. apply IH; [intros k small; apply pos; lia | lia].
Qed.

Section Complete.
Variable X : Metric_Space.
Hypothesis comp : compact X.
Variable y : nat -> measure X.
Hypothesis cauchy_y : cauchy_sequence (measure_space X comp) y.

Definition limit_functional (f : Base X -> R) : R := real (Lim_seq (fun k => integral X (y k) f)).

Lemma converges : forall f eps, continuous_real X f -> 0 < eps ->
  exists N, forall k, (N <= k)%nat -> Rabs (integral X (y k) f - limit_functional f) <= eps.
Proof.
  intros f eps cont eps_pos. apply (limit_real (fun k => integral X (y k) f)); [|exact eps_pos].
  clear eps eps_pos. intros eps eps_pos.
  destruct (integral_close X comp (y O) f (eps / 2) cont) as [K [K_pos close]]; [lra|].
  destruct (cauchy_y (eps / (2 * (K + 1)))) as [N near]; [apply Rdiv_lt_0_compat; lra|].
  exists N. intros j k j_le k_le.
  assert (half : forall i i', (N <= i)%nat -> (N <= i')%nat -> integral X (y i) f - integral X (y i') f <= eps).
  { intros i i' low low'. apply Rle_trans with (1 := close (y i) (y i')). specialize (near i i' low low').
    change (distance X comp (y i) (y i') < eps / (2 * (K + 1))) in near.
    assert ((K + 1) * distance X comp (y i) (y i') <= eps / 2); [|lra].
    apply Rle_trans with ((K + 1) * (eps / (2 * (K + 1)))); [apply Rmult_le_compat_l; lra|]. right. field. lra. }
  generalize (half j k j_le k_le) (half k j k_le j_le). intros. apply Rabs_le. lra.
Qed.

Lemma limit_probability : probability_measure X limit_functional.
Proof.
  split; [split; [|split]|].
  - intros f g cont_f cont_g. apply Rminus_diag_uniq. apply (small_zero _ 3); [lra|]. intros eps eps_pos.
    destruct (converges f eps cont_f eps_pos) as [N1 c1]. destruct (converges g eps cont_g eps_pos) as [N2 c2].
    destruct (converges (fun x => f x + g x) eps (continuous_plus X f g cont_f cont_g) eps_pos) as [N3 c3].
    set (k := (N1 + N2 + N3)%nat).
    specialize (c1 k ltac:(unfold k; lia)). specialize (c2 k ltac:(unfold k; lia)). specialize (c3 k ltac:(unfold k; lia)).
    destruct (integral_probability X (y k)) as [[add _] _]. rewrite (add f g cont_f cont_g) in c3.
    apply Rabs_le_between in c1. apply Rabs_le_between in c2. apply Rabs_le_between in c3. apply Rabs_le. lra.
  - intros c f cont. apply Rminus_diag_uniq. generalize (Rabs_pos c). intro c_pos.
    apply (small_zero _ (1 + Rabs c)); [lra|]. intros eps eps_pos.
    destruct (converges f eps cont eps_pos) as [N1 c1].
    destruct (converges (fun x => c * f x) eps (continuous_scal X c f cont) eps_pos) as [N2 c2].
    set (k := (N1 + N2)%nat). specialize (c1 k ltac:(unfold k; lia)). specialize (c2 k ltac:(unfold k; lia)).
    destruct (integral_probability X (y k)) as [[_ [scale _]] _]. rewrite (scale c f cont) in c2.
    replace (limit_functional (fun x => c * f x) - c * limit_functional f) with
      (- (c * integral X (y k) f - limit_functional (fun x => c * f x)) + c * (integral X (y k) f - limit_functional f)) by ring.
    apply Rle_trans with (1 := Rabs_triang _ _). rewrite Rabs_Ropp, Rabs_mult. nra.
  - intros f cont pos. apply Rnot_lt_le. intro neg.
    destruct (converges f (- limit_functional f / 2) cont) as [N close]; [lra|]. specialize (close N (le_n N)).
    destruct (integral_probability X (y N)) as [[_ [_ nonneg]] _]. specialize (nonneg f cont pos).
    apply Rabs_le_between in close. lra.
  - apply Rminus_diag_uniq. apply (small_zero _ 1); [lra|]. intros eps eps_pos.
    destruct (converges (fun _ => 1) eps (continuous_const X 1) eps_pos) as [N close]. specialize (close N (le_n N)).
    destruct (integral_probability X (y N)) as [_ one]. rewrite one in close. rewrite Rabs_minus_sym. lra.
Qed.

Lemma limit_elsewhere : forall f, ~ continuous_real X f -> limit_functional f = 0.
Proof.
  intros f not. unfold limit_functional. rewrite (Lim_seq_ext _ (fun _ => 0)).
  - rewrite Lim_seq_const. reflexivity.
  - intros k. exact (proj2 (proj2_sig (y k)) f not).
Qed.

Lemma limit_exists : exists l : measure X, forall eps, 0 < eps ->
  exists N, forall k, (N <= k)%nat -> distance X comp (y k) l < eps.
Proof.
  exists (exist _ limit_functional (conj limit_probability limit_elsewhere)). intros eps eps_pos.
  destruct (cauchy_y (eps / 2)) as [N near]; [lra|]. exists N. intros k low.
  apply Rle_lt_trans with (eps / 2); [|lra]. apply distance_least. intros f lip.
  change (integral X (y k) f - limit_functional f <= eps / 2). apply le_epsilon. intros e e_pos.
  destruct (converges f e (one_lipschitz_continuous X f lip) e_pos) as [N' close].
  specialize (close (N + N')%nat ltac:(lia)). apply Rabs_le_between in close.
  specialize (near k (N + N')%nat low ltac:(lia)).
  change (distance X comp (y k) (y (N + N')%nat) < eps / 2) in near.
  generalize (distance_upper X comp (y k) (y (N + N')%nat) f lip). lra.
Qed.
End Complete.

Theorem measures_complete : forall (X : Metric_Space) (comp : compact X), complete (measure_space X comp).
Proof. intros X comp y cauchy_y. exact (limit_exists X comp y cauchy_y). Qed.

Theorem measures_totally_bounded : forall (X : Metric_Space) (comp : compact X), totally_bounded (measure_space X comp).
Proof.
  intros X comp eps eps_pos.
  destruct (classic (exists mu : measure X, True)) as [[mu0 _] | none].
  2: { exists nil. intros mu. exfalso. apply none. exists mu. exact I. }
  destruct (some_point X mu0) as [o _].
  assert (from_o : continuous_real X (fun x => dist X x o)).
  { apply one_lipschitz_continuous. intros x x'. generalize (dist_tri X x o x') (dist_tri X x' o x).
    rewrite (dist_sym X x' x). intros. apply Rabs_le. lra. }
  destruct (continuous_bounded X (fun x => dist X x o) comp from_o) as [D bound].
  assert (D_pos : 0 <= D) by (apply Rle_trans with (2 := bound o); apply Rabs_pos).
  set (e := eps / 4). assert (e_pos : 0 < e) by (unfold e; lra).
  destruct (finite_net X e comp e_pos) as [net near_net].
  destruct net as [|c net]; [destruct (near_net o) as [c [[] _]]|].
  set (m := length net). set (p := fun i => nth i (c :: net) c).
  assert (dense : forall x, exists i, (i < S m)%nat /\ dist X (p i) x < e).
  { intros x. destruct (near_net x) as [c' [member close]].
    destruct (In_nth (c :: net) c' c member) as [i [lt at_i]]. exists i. split; [exact lt|].
    unfold p. rewrite at_i. exact close. }
  set (ch := chi X e m p).
  assert (n_pos : 0 < INR (S m)) by (apply lt_0_INR; lia).
  set (d := e / (INR (S m) * (D + 1))).
  assert (d_pos : 0 < d) by (apply Rdiv_lt_0_compat; [exact e_pos | apply Rmult_lt_0_compat; lra]).
  assert (d_small : INR (S m) * (D * d) <= e).
  { apply Rmult_le_reg_r with (D + 1); [lra|]. unfold d.
    replace (INR (S m) * (D * (e / (INR (S m) * (D + 1)))) * (D + 1)) with (D * e) by (field; lra). nra. }
  (* measures that give nearly the same masses to the partition are close *)
  assert (close : forall mu nu : measure X,
    (forall i, (i < S m)%nat -> Rabs (integral X mu (ch i) - integral X nu (ch i)) <= d) -> distance X comp mu nu < eps).
  { intros mu nu same. apply Rle_lt_trans with (3 * e); [|unfold e; lra]. apply distance_least. intros phi lip_phi.
    generalize (integral_probability X mu) (integral_probability X nu). intros mu_prob nu_prob.
    change (value X (integral X mu) (integral X nu) phi <= 3 * e).
    rewrite <- (value_shift X _ _ mu_prob nu_prob phi (- phi o)) by (apply one_lipschitz_continuous, lip_phi).
    set (f := fun x => phi x + - phi o).
    assert (lip : one_lipschitz X f).
    { intros x x'. unfold f. replace (phi x + - phi o - (phi x' + - phi o)) with (phi x - phi x') by ring. apply lip_phi. }
    assert (cont : continuous_real X f) by apply one_lipschitz_continuous, lip.
    assert (size : forall x, Rabs (f x) <= D).
    { intros x. unfold f. apply Rle_trans with (1 := lip_phi x o). apply Rle_trans with (2 := bound x). apply Rle_abs. }
    assert (steps : forall I g, probability_measure X I -> one_lipschitz X g ->
      sum (S m) (fun i => g (p i) * I (ch i)) - e <= I g).
    { intros I g prob lip_g.
      apply Rle_trans with (2 := partition_lower X e m p dense I g (fun i => g (p i) - e) (proj1 prob)
        (one_lipschitz_continuous X g lip_g)
        ltac:(intros i x _ x_near; generalize (lip_g (p i) x) (Rle_abs (g (p i) - g x)); lra)).
      right. symmetry.
      rewrite (sum_ext _ _ (fun i => 1 * (g (p i) * I (ch i)) + (- e) * I (ch i))) by (intros; unfold ch; ring).
      rewrite sum_linear. unfold ch. rewrite (partition_one X e m p dense I prob). ring. }
    assert (opposite : one_lipschitz X (fun x => -1 * f x)).
    { intros x x'. replace (-1 * f x - -1 * f x') with (f x' - f x) by ring. rewrite dist_sym. apply lip. }
    generalize (steps _ _ mu_prob opposite) (steps _ f nu_prob lip).
    destruct (proj1 mu_prob) as [_ [scale _]]. rewrite (scale (-1) f cont).
    rewrite (sum_ext _ (fun i => -1 * f (p i) * integral X mu (ch i)) (fun i => -1 * (f (p i) * integral X mu (ch i))))
      by (intros; ring).
    rewrite sum_scal.
    assert (terms : sum (S m) (fun i => f (p i) * integral X mu (ch i)) + -1 * sum (S m) (fun i => f (p i) * integral X nu (ch i)) <= e).
    { rewrite <- sum_scal, <- sum_plus. apply Rle_trans with (2 := d_small). rewrite <- sum_const. apply sum_le.
      intros i lt. replace (f (p i) * integral X mu (ch i) + -1 * (f (p i) * integral X nu (ch i)))
        with (f (p i) * (integral X mu (ch i) - integral X nu (ch i))) by ring.
      apply Rle_trans with (1 := Rle_abs _). rewrite Rabs_mult.
      apply Rmult_le_compat; [apply Rabs_pos | apply Rabs_pos | apply size | apply same, lt]. }
    unfold value. lra. }
  destruct (cells (measure X) (fun i mu => integral X mu (ch i)) d d_pos (S m)) as [parts [all narrow]].
  { intros i mu lt. destruct (integral_probability X mu) as [positive one]. split.
    - apply (chi_mass X e m p dense (integral X mu) i positive).
    - rewrite <- one. apply (functional_monotone X (integral X mu) positive).
      + apply chi_continuous, dense.
      + apply continuous_const.
      + intros x. rewrite <- (chi_sum X e m p dense x). apply (term_le_sum (S m) (fun j => chi X e m p j x)); [|exact lt].
        intros k _. apply chi_nonneg, dense. }
  destruct (representatives (measure X) parts) as [centres chosen].
  exists centres. intros mu. destruct (all mu) as [P [member Pmu]].
  destruct (chosen P member (ex_intro _ mu Pmu)) as [nu [inside Pnu]]. exists nu. split; [exact inside|].
  change (distance X comp nu mu < eps). apply close. intros i lt. exact (narrow P nu mu member Pnu Pmu i lt).
Qed.

(** The space has all measures: every functional agrees with a member on the continuous functions. *)
Theorem measures_all : forall (X : Metric_Space) I, probability_measure X I ->
  exists mu : measure X, forall f, continuous_real X f -> integral X mu f = I f.
Proof.
  intros X I prob.
  assert (choose : forall f, {r | is_lub (fun s => (continuous_real X f /\ s <= I f) \/ (~ continuous_real X f /\ s <= 0)) r}).
  { intros f. apply completeness.
    - exists (Rmax (I f) 0). intros s [[_ le] | [_ le]]; [apply Rle_trans with (I f) | apply Rle_trans with 0];
        try exact le; [apply Rmax_l | apply Rmax_r].
    - destruct (classic (continuous_real X f)) as [cont | not]; [exists (I f); left | exists 0; right]; split; try assumption; lra. }
  set (J := fun f => proj1_sig (choose f)).
  assert (on : forall f, continuous_real X f -> J f = I f).
  { intros f cont. unfold J. destruct (choose f) as [r [upper least]]. simpl. apply Rle_antisym.
    - apply least. intros s [[_ le] | [not _]]; [exact le | contradiction].
    - apply upper. left. split; [exact cont | lra]. }
  assert (off : forall f, ~ continuous_real X f -> J f = 0).
  { intros f not. unfold J. destruct (choose f) as [r [upper least]]. simpl. apply Rle_antisym.
    - apply least. intros s [[cont _] | [_ le]]; [contradiction | exact le].
    - apply upper. right. split; [exact not | lra]. }
  assert (J_prob : probability_measure X J).
  { destruct prob as [[add [scale pos]] one]. split; [split; [|split]|].
    - intros f g cont_f cont_g. rewrite !on by (try apply continuous_plus; assumption). apply add; assumption.
    - intros c f cont. rewrite !on by (try apply continuous_scal; assumption). apply scale, cont.
    - intros f cont f_pos. rewrite on by exact cont. apply pos; assumption.
    - rewrite on by apply continuous_const. exact one. }
  exists (exist _ J (conj J_prob off)). exact on.
Qed.

(** The fact, from dependent choice: the space of measures is compact, its distance is the infimum of the cost of the
    couplings, and it has all measures. *)
Theorem compactness_of_probability_measures : dependent_choice -> forall (Omega : Metric_Space) (comp : compact Omega),
  compact (measure_space Omega comp) /\
  (forall mu nu : measure Omega,
     infimum (fun c => exists pi, coupling Omega (integral Omega mu) (integral Omega nu) pi /\ c = cost Omega pi)
             (dist (measure_space Omega comp) mu nu)) /\
  (forall I, probability_measure Omega I ->
     exists mu : measure Omega, forall f, continuous_real Omega f -> integral Omega mu f = I f).
Proof.
  intros choice Omega comp. split; [|split].
  - apply (complete_compact choice); [apply measures_complete | apply measures_totally_bounded].
  - intros mu nu. change (dist (measure_space Omega comp) mu nu) with (distance Omega comp mu nu).
    destruct (kantorovich_rubinstein_duality Omega (integral Omega mu) (integral Omega nu) comp
      (integral_probability Omega mu) (integral_probability Omega nu)) as [phi [lip inf]].
    replace (distance Omega comp mu nu) with (integral Omega mu phi - integral Omega nu phi); [exact inf|].
    apply Rle_antisym; [apply distance_upper, lip|]. apply distance_least. intros f lip_f.
    destruct inf as [_ cheap]. apply le_epsilon. intros eps eps_pos. destruct (cheap eps eps_pos) as [c [[pi [coup ->]] less]].
    generalize (coupling_cost Omega (integral Omega mu) (integral Omega nu) pi f coup lip_f). lra.
  - apply measures_all.
Qed.

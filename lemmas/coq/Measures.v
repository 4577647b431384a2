(** The probability measures on a compact metric space with the distance W_1 are a compact metric space.

    A measure is a positive functional; to make two measures that agree on the continuous functions equal, [measure] asks for the
    value 0 elsewhere. W_1 is the largest value of int phi dmu - int phi dnu over 1-Lipschitz phi, which is the infimum of the
    cost of the couplings by Kantorovich.v. Complete: int f dmu_k converges for Lipschitz f, and they are dense by
    StoneWeierstrass.v. Totally bounded: measures that give nearly the same masses to a partition of unity are close. *)

From Coq Require Import Reals Lra Lia List Classical FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
Import ListNotations.
From Facts Require Import Compactness StoneWeierstrass Integral Farkas Transport Couplings Potentials Kantorovich.
From Facts Require Import TotallyBounded.
Open Scope R_scope.

(** Finitely many parts on each of which n functions with values in [0, 1] vary by d at most. *)
Theorem cells : forall (Y : Type) (F : nat -> Y -> R) (d : R), 0 < d -> forall n,
  (forall i y, (i < n)%nat -> 0 <= F i y <= 1) ->
  exists parts : list (Y -> Prop), (forall y, exists P, In P parts /\ P y) /\
    forall P y y', In P parts -> P y -> P y' -> forall i, (i < n)%nat -> Rabs (F i y - F i y') <= d.
Proof.
  intros Y F d d_pos. destruct (archimed_cor1 d d_pos) as [N [N_small N_pos]].
  assert (one : 1 <= INR N * d).
  { apply Rmult_le_reg_l with (/ INR N); [apply Rinv_0_lt_compat, lt_0_INR, N_pos|].
    rewrite <- Rmult_assoc, Rinv_l by (apply Rgt_not_eq, lt_0_INR, N_pos). lra. }
  assert (slot : forall K t, 0 <= t <= INR K * d -> (0 < K)%nat -> exists j, (j < K)%nat /\ INR j * d <= t <= INR (S j) * d).
  { induction K as [|K IH]; intros t range K_pos; [lia|]. destruct (Rle_lt_dec (INR K * d) t) as [high | low].
    - exists K. split; [lia | lra].
    - destruct K as [|K]; [simpl in low; lra|]. destruct (IH t) as [j [lt inside]]; [lra | lia|]. exists j. split; [lia | exact inside]. }
  induction n as [|n IH]; intros range.
  - exists [fun _ => True]. split; [intros y; exists (fun _ => True); simpl; auto | intros P y y' _ _ _ i lt; lia].
  - destruct IH as [parts [all narrow]]; [intros i y lt; apply range; lia|].
    exists (map (fun Pj => fun y => fst Pj y /\ INR (snd Pj) * d <= F n y <= INR (S (snd Pj)) * d)
      (list_prod parts (seq 0 N))). split.
    + intros y. destruct (all y) as [P [member Py]]. destruct (range n y ltac:(lia)) as [low high].
      destruct (slot N (F n y)) as [j [lt inside]]; [lra | exact N_pos|].
      eexists. split; [apply in_map_iff; exists (P, j); split; [reflexivity | apply in_prod; [exact member | apply in_seq; lia]]|].
      split; [exact Py | exact inside].
    + intros P y y' member. apply in_map_iff in member. destruct member as [[Q j] [<- member]].
      apply in_prod_iff in member. destruct member as [member _]. intros [Qy at_y] [Qy' at_y'] i lt. simpl in *.
      destruct (Nat.eq_dec i n) as [-> | other].
      * assert (width : INR (S j) * d = INR j * d + d) by (rewrite S_INR; ring).
        change (match j with O => 1 | S _ => INR j + 1 end) with (INR (S j)) in *. apply Rabs_le. lra.
      * apply (narrow Q y y' member Qy Qy'). lia.
Qed.

Lemma representatives : forall (Y : Type) (parts : list (Y -> Prop)),
  exists net : list Y, forall P, In P parts -> (exists y, P y) -> exists c, In c net /\ P c.
Proof.
  intros Y parts. induction parts as [|P parts [net all]]; [exists nil; intros P []|].
  destruct (classic (exists y, P y)) as [[c Pc] | none].
  - exists (c :: net). intros Q [<- | member] some.
    + exists c. split; [left; reflexivity | exact Pc].
    + destruct (all Q member some) as [c' [inside Qc]]. exists c'. split; [right; exact inside | exact Qc].
  - exists net. intros Q [<- | member] some; [contradiction | exact (all Q member some)].
Qed.

Definition lipschitz_with (X : Metric_Space) (K : R) (f : Base X -> R) : Prop :=
  forall x y, Rabs (f x - f y) <= K * dist X x y.

Lemma lipschitz_with_continuous : forall X K f, 0 <= K -> lipschitz_with X K f -> continuous_real X f.
Proof.
  intros X K f K_pos lip x eps eps_pos. exists (eps / (K + 1)). split; [apply Rdiv_lt_0_compat; lra|].
  intros y close. apply Rle_lt_trans with (1 := lip y x). rewrite dist_sym.
  apply Rle_lt_trans with (K * (eps / (K + 1))); [apply Rmult_le_compat_l; lra|].
  apply Rmult_lt_reg_r with (K + 1); [lra|]. replace (K * (eps / (K + 1)) * (K + 1)) with (K * eps) by (field; lra). nra.
Qed.

Lemma max_min_close : forall a b a' b' e, Rabs (a - a') <= e -> Rabs (b - b') <= e ->
  Rabs (Rmax a b - Rmax a' b') <= e /\ Rabs (Rmin a b - Rmin a' b') <= e.
Proof.
  intros a b a' b' e. generalize (Rle_abs (a - a')) (Rle_abs (b - b')) (Rle_abs (a' - a)) (Rle_abs (b' - b)).
  rewrite (Rabs_minus_sym a'), (Rabs_minus_sym b'). intros. split; apply Rabs_le;
    unfold Rmax, Rmin; destruct (Rle_dec a b), (Rle_dec a' b'); lra.
Qed.

Theorem lipschitz_dense : forall (X : Metric_Space) (o : Base X) f eps, compact X -> continuous_real X f -> 0 < eps ->
  exists K g, 0 <= K /\ lipschitz_with X K g /\ forall x, Rabs (g x - f x) < eps.
Proof.
  intros X o f eps comp cont eps_pos.
  destruct (lattice_dense X (fun g => exists K, 0 <= K /\ lipschitz_with X K g) f comp) with (eps := eps)
    as [g [[K [K_pos lip]] close]].
  - intros g h [K [K_pos lip_g]] [K' [K'_pos lip_h]].
    assert (both : forall x y, Rabs (g x - g y) <= Rmax K K' * dist X x y /\ Rabs (h x - h y) <= Rmax K K' * dist X x y).
    { intros x y. generalize (dist_pos X x y). intro pos. split.
      - apply Rle_trans with (1 := lip_g x y). apply Rmult_le_compat_r; [lra | apply Rmax_l].
      - apply Rle_trans with (1 := lip_h x y). apply Rmult_le_compat_r; [lra | apply Rmax_r]. }
    assert (pos : 0 <= Rmax K K') by (apply Rle_trans with K; [exact K_pos | apply Rmax_l]).
    split; exists (Rmax K K'); (split; [exact pos|]); intros x y; destruct (both x y) as [at_g at_h];
      apply max_min_close; assumption.
  - intros g [K [K_pos lip]]. exact (lipschitz_with_continuous X K g K_pos lip).
  - exact cont.
  - intros p q. destruct (Req_dec (dist X p q) 0) as [zero | apart].
    + apply dist_refl in zero. subst q. exists (fun _ => f p). split; [|split; reflexivity].
      exists 0. split; [lra|]. intros x y. replace (f p - f p) with 0 by ring. rewrite Rabs_R0. lra.
    + assert (pos : 0 < dist X p q) by (generalize (dist_pos X p q); lra).
      set (s := (f q - f p) / dist X p q). exists (fun z => f p + s * dist X p z). split; [|split].
      * exists (Rabs s). split; [apply Rabs_pos|]. intros x y.
        replace (f p + s * dist X p x - (f p + s * dist X p y)) with (s * (dist X p x - dist X p y)) by ring.
        rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos|].
        generalize (dist_tri X p x y) (dist_tri X p y x). rewrite (dist_sym X y x). intros. apply Rabs_le. lra.
      * rewrite (dist_self X p). ring.
      * unfold s. field. lra.
  - exact o.
  - exact eps_pos.
  - exists K, g. auto.
Qed.

Section Measures.
Variable X : Metric_Space.
Hypothesis comp : compact X.

Definition measure : Type :=
  {mu : (Base X -> R) -> R | probability_measure X mu /\ forall f, ~ continuous_real X f -> mu f = 0}.
Definition integral (mu : measure) : (Base X -> R) -> R := proj1_sig mu.

Lemma integral_probability : forall mu, probability_measure X (integral mu).
Proof. intros mu. exact (proj1 (proj2_sig mu)). Qed.

Definition values (mu nu : measure) (r : R) : Prop :=
  exists f, one_lipschitz X f /\ r = value X (integral mu) (integral nu) f.

Lemma values_bounded : forall mu nu, exists phi, one_lipschitz X phi /\
  forall r, values mu nu r -> r <= value X (integral mu) (integral nu) phi.
Proof.
  intros mu nu.
  destruct (optimal_potential X _ _ comp (integral_probability mu) (integral_probability nu)) as [phi [lip best]].
  exists phi. split; [exact lip|]. intros r [f [lip_f ->]]. exact (best f lip_f).
Qed.

Lemma zero_lipschitz : one_lipschitz X (fun _ => 0).
Proof. intros x y. replace (0 - 0) with 0 by ring. rewrite Rabs_R0. apply Rge_le, dist_pos. Qed.

Lemma distance_exists : forall mu nu, {w | is_lub (values mu nu) w}.
Proof.
  intros mu nu. apply completeness.
  - destruct (values_bounded mu nu) as [phi [_ best]]. exists (value X (integral mu) (integral nu) phi). exact best.
  - exists (value X (integral mu) (integral nu) (fun _ => 0)). exists (fun _ => 0). split; [apply zero_lipschitz | reflexivity].
Qed.

(** W_1. *)
Definition distance (mu nu : measure) : R := proj1_sig (distance_exists mu nu).

Lemma distance_upper : forall mu nu f, one_lipschitz X f -> integral mu f - integral nu f <= distance mu nu.
Proof.
  intros mu nu f lip. apply (proj2_sig (distance_exists mu nu)). exists f. split; [exact lip | reflexivity].
Qed.

Lemma distance_least : forall mu nu b, (forall f, one_lipschitz X f -> integral mu f - integral nu f <= b) ->
  distance mu nu <= b.
Proof. intros mu nu b low. apply (proj2_sig (distance_exists mu nu)). intros r [f [lip ->]]. exact (low f lip). Qed.

Lemma functional_zero : forall mu, integral mu (fun _ => 0) = 0.
Proof.
  intros mu. destruct (integral_probability mu) as [[_ [scale _]] _].
  generalize (scale 0 (fun _ => 0) (continuous_const X 0)). rewrite !Rmult_0_l. intro zero. exact zero.
Qed.

(** On K-Lipschitz functions two integrals differ by (K + 1) W_1 at most. *)
Lemma distance_scaled : forall mu nu K f, 0 <= K -> lipschitz_with X K f ->
  integral mu f - integral nu f <= (K + 1) * distance mu nu.
Proof.
  intros mu nu K f K_pos lip.
  assert (cont : continuous_real X f) by exact (lipschitz_with_continuous X K f K_pos lip).
  assert (one : one_lipschitz X (fun x => / (K + 1) * f x)).
  { intros x y. replace (/ (K + 1) * f x - / (K + 1) * f y) with (/ (K + 1) * (f x - f y)) by ring.
    assert (inverse : 0 < / (K + 1)) by (apply Rinv_0_lt_compat; lra).
    rewrite Rabs_mult, (Rabs_pos_eq (/ (K + 1))) by lra. apply Rmult_le_reg_l with (K + 1); [lra|].
    rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra. generalize (lip x y) (dist_pos X x y). nra. }
  generalize (distance_upper mu nu _ one).
  destruct (integral_probability mu) as [[_ [mu_scale _]] _]. destruct (integral_probability nu) as [[_ [nu_scale _]] _].
  rewrite mu_scale, nu_scale by exact cont. intro le. apply Rmult_le_reg_l with (/ (K + 1)); [apply Rinv_0_lt_compat; lra|].
  rewrite <- Rmult_assoc, Rinv_l, Rmult_1_l by lra. lra.
Qed.

Lemma distance_nonneg : forall mu nu, 0 <= distance mu nu.
Proof.
  intros mu nu. generalize (distance_upper mu nu (fun _ => 0) zero_lipschitz). rewrite !functional_zero. lra.
Qed.

Lemma distance_sym_le : forall mu nu, distance mu nu <= distance nu mu.
Proof.
  intros mu nu. apply distance_least. intros f lip.
  assert (opposite : one_lipschitz X (fun x => -1 * f x)).
  { intros x y. replace (-1 * f x - -1 * f y) with (f y - f x) by ring. rewrite dist_sym. apply lip. }
  generalize (distance_upper nu mu _ opposite).
  destruct (integral_probability mu) as [[_ [mu_scale _]] _]. destruct (integral_probability nu) as [[_ [nu_scale _]] _].
  rewrite mu_scale, nu_scale by apply one_lipschitz_continuous, lip. lra.
Qed.

Lemma some_point : forall mu : measure, exists o : Base X, True.
Proof. intros mu. exact (inhabited X (integral mu) (integral_probability mu)). Qed.

(** The integral of a continuous function is continuous for W_1. *)
Lemma integral_close : forall (mu0 : measure) f eps, continuous_real X f -> 0 < eps -> exists K, 0 <= K /\
  forall mu nu, integral mu f - integral nu f <= eps + (K + 1) * distance mu nu.
Proof.
  intros mu0 f eps cont eps_pos. destruct (some_point mu0) as [o _].
  destruct (lipschitz_dense X o f (eps / 2) comp cont) as [K [g [K_pos [lip close]]]]; [lra|].
  exists K. split; [exact K_pos|]. intros mu nu.
  assert (near : forall x, Rabs (f x - g x) <= eps / 2).
  { intros x. rewrite Rabs_minus_sym. left. apply close. }
  generalize (value_close X (integral mu) (integral nu) (integral_probability mu) (integral_probability nu) f g (eps / 2)
    cont (lipschitz_with_continuous X K g K_pos lip) near) (distance_scaled mu nu K g K_pos lip).
  unfold value. lra.
Qed.

Lemma measure_equal : forall mu nu : measure, (forall f, continuous_real X f -> integral mu f = integral nu f) -> mu = nu.
Proof.
  intros [mu [mu_prob mu_zero]] [nu [nu_prob nu_zero]] same. simpl in same.
  assert (equal : mu = nu).
  { apply functional_extensionality. intros f. destruct (classic (continuous_real X f)) as [cont | not].
    - apply same, cont.
    - rewrite mu_zero, nu_zero by exact not. reflexivity. }
  subst nu. f_equal. apply proof_irrelevance.
Qed.

Definition measure_space : Metric_Space.
Proof.
  refine (Build_Metric_Space measure distance _ _ _ _).
  - intros mu nu. apply Rle_ge, distance_nonneg.
  - intros mu nu. apply Rle_antisym; apply distance_sym_le.
  - intros mu nu. split.
    + intros zero. apply measure_equal. intros f cont.
      assert (half : forall mu nu, distance mu nu = 0 -> integral mu f <= integral nu f).
      { intros mu' nu' null. apply Rnot_lt_le. intro gap.
        destruct (integral_close mu' f ((integral mu' f - integral nu' f) / 2) cont) as [K [_ close]]; [lra|].
        specialize (close mu' nu'). rewrite null in close. lra. }
      apply Rle_antisym; apply half; [exact zero|]. apply Rle_antisym; [|apply distance_nonneg].
      rewrite <- zero. apply distance_sym_le.
    + intros <-. apply Rle_antisym; [|apply distance_nonneg]. apply distance_least. intros f _. lra.
  - intros mu nu rho. apply distance_least. intros f lip.
    generalize (distance_upper mu rho f lip) (distance_upper rho nu f lip). lra.
Defined.
End Measures.

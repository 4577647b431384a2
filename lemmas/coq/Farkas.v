(** Farkas' lemma over the reals by Fourier-Motzkin elimination: finitely many linear inequalities have a solution, or a
    nonnegative combination of them says 0 <= b with b < 0. *)

From Coq Require Import Reals Lra Lia List.
Import ListNotations.
Open Scope R_scope.

(** sum n f = f 0 + ... + f (n - 1). *)
Fixpoint sum (n : nat) (f : nat -> R) : R :=
  match n with
  | O => 0
  | S k => sum k f + f k
  end.

Lemma sum_ext : forall n f g, (forall k, (k < n)%nat -> f k = g k) -> sum n f = sum n g.
Proof. induction n as [|n IH]; intros f g same; simpl; [reflexivity|]. rewrite (IH f g), same; auto. Qed.

Lemma sum_linear : forall n a b f g, sum n (fun k => a * f k + b * g k) = a * sum n f + b * sum n g.
Proof. induction n as [|n IH]; intros a b f g; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma sum_le : forall n f g, (forall k, (k < n)%nat -> f k <= g k) -> sum n f <= sum n g.
Proof. induction n as [|n IH]; intros f g le; simpl; [lra|]. apply Rplus_le_compat; auto. Qed.

Lemma sum_zero : forall n, sum n (fun _ => 0) = 0.
Proof. induction n as [|n IH]; simpl; [reflexivity|]. rewrite IH. ring. Qed.

Lemma sum_nonneg : forall n f, (forall k, (k < n)%nat -> 0 <= f k) -> 0 <= sum n f.
Proof. intros n f pos. rewrite <- (sum_zero n). apply sum_le. exact pos. Qed.

Lemma sum_plus : forall n f g, sum n (fun k => f k + g k) = sum n f + sum n g.
Proof. induction n as [|n IH]; intros f g; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma sum_scal : forall n c f, sum n (fun k => c * f k) = c * sum n f.
Proof. induction n as [|n IH]; intros c f; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma sum_swap : forall n m f, sum n (fun i => sum m (fun j => f i j)) = sum m (fun j => sum n (fun i => f i j)).
Proof.
  induction n as [|n IH]; intros m f; simpl; [symmetry; apply sum_zero|]. rewrite IH, <- sum_plus. reflexivity.
Qed.

(** (a, b) is the inequality a 0 x 0 + ... + a (n - 1) x (n - 1) <= b. *)
Definition inequality : Type := ((nat -> R) * R)%type.

Definition holds (n : nat) (x : nat -> R) (p : inequality) : Prop := sum n (fun k => fst p k * x k) <= snd p.

(** Nonnegative combinations of members of S, up to equality of coefficients. *)
Inductive cone (S : list inequality) : (nat -> R) -> R -> Prop :=
  | cone_zero : forall a, (forall k, a k = 0) -> cone S a 0
  | cone_add : forall p c a b a', In p S -> 0 <= c -> cone S a b ->
      (forall k, a' k = c * fst p k + a k) -> cone S a' (c * snd p + b).

Lemma cone_plus : forall S a b a' b', cone S a b -> cone S a' b' ->
  forall a'', (forall k, a'' k = a k + a' k) -> cone S a'' (b + b').
Proof.
  intros S a b a' b' first second. induction first as [a zero | p c a b a1 member pos first IH same]; intros a'' sum_is.
  - rewrite Rplus_0_l. destruct second as [a' zero' | p c a' b' a1 member pos second same].
    + apply cone_zero. intros k. rewrite sum_is, zero, zero'. ring.
    + apply (cone_add S p c a' b' a'' member pos second). intros k. rewrite sum_is, zero, same. ring.
  - rewrite Rplus_assoc. apply (cone_add S p c (fun k => a k + a' k) (b + b') a'' member pos).
    + apply IH. reflexivity.
    + intros k. rewrite sum_is, same. ring.
Qed.

Lemma cone_scale : forall S a b t, 0 <= t -> cone S a b -> forall a', (forall k, a' k = t * a k) -> cone S a' (t * b).
Proof.
  intros S a b t t_pos first. induction first as [a zero | p c a b a1 member pos first IH same]; intros a' scaled.
  - rewrite Rmult_0_r. apply cone_zero. intros k. rewrite scaled, zero. ring.
  - replace (t * (c * snd p + b)) with (t * c * snd p + t * b) by ring.
    apply (cone_add S p (t * c) (fun k => t * a k) (t * b) a' member).
    + apply Rmult_le_pos; assumption.
    + apply IH. reflexivity.
    + intros k. rewrite scaled, same. ring.
Qed.

Lemma cone_trans : forall S T a b, (forall p, In p T -> cone S (fst p) (snd p)) -> cone T a b -> cone S a b.
Proof.
  intros S T a b inside second. induction second as [a zero | p c a b a1 member pos second IH same].
  - apply cone_zero. exact zero.
  - apply (cone_plus S (fun k => c * fst p k) (c * snd p) a b); [|exact IH|exact same].
    apply (cone_scale S (fst p) (snd p) c pos (inside p member)). reflexivity.
Qed.

Lemma cone_coefficient : forall S k a b, (forall p, In p S -> fst p k = 0) -> cone S a b -> a k = 0.
Proof.
  intros S k a b zero first. induction first as [a none | p c a b a1 member pos first IH same]; [apply none|].
  rewrite same, IH, (zero p member). ring.
Qed.

(** A number between finitely many lower and finitely many upper bounds. *)
Lemma least_above : forall lows : list R, lows <> nil -> exists m, In m lows /\ forall l, In l lows -> l <= m.
Proof.
  induction lows as [|l lows IH]; intros some; [contradiction|]. destruct lows as [|l' lows].
  - exists l. split; [left; reflexivity|]. intros l' [<- | []]. lra.
  - destruct IH as [m [member above]]; [discriminate|]. destruct (Rle_lt_dec l m) as [le | lt].
    + exists m. split; [right; exact member|]. intros x [<- | inside]; [exact le | apply above, inside].
    + exists l. split; [left; reflexivity|]. intros x [<- | inside]; [lra|]. specialize (above x inside). lra.
Qed.

Lemma between : forall lows ups : list R, (forall l u, In l lows -> In u ups -> l <= u) ->
  exists x, (forall l, In l lows -> l <= x) /\ (forall u, In u ups -> x <= u).
Proof.
  intros lows ups ordered. destruct lows as [|l lows].
  - assert (below : exists x, forall u, In u ups -> x <= u).
    { clear ordered. induction ups as [|u ups [x below]]; [exists 0; intros u []|]. exists (Rmin u x).
      intros u' [<- | member]; [apply Rmin_l|]. apply Rle_trans with (1 := Rmin_r u x). apply below, member. }
    destruct below as [x below]. exists x. split; [intros l [] | exact below].
  - destruct (least_above (l :: lows)) as [m [member above]]; [discriminate|]. exists m. split; [exact above|].
    intros u inside. apply ordered; assumption.
Qed.

(** Elimination of the variable number n. *)
Definition combine (n : nat) (p q : inequality) : inequality :=
  (fun k => - fst q n * fst p k + fst p n * fst q k, - fst q n * snd p + fst p n * snd q).

Definition positive_at (n : nat) (p : inequality) : bool := if Rlt_dec 0 (fst p n) then true else false.
Definition negative_at (n : nat) (p : inequality) : bool := if Rlt_dec (fst p n) 0 then true else false.
Definition zero_at (n : nat) (p : inequality) : bool := if Req_EM_T (fst p n) 0 then true else false.

Definition eliminate (n : nat) (S : list inequality) : list inequality :=
  filter (zero_at n) S ++
  map (fun pq => combine n (fst pq) (snd pq)) (list_prod (filter (positive_at n) S) (filter (negative_at n) S)).

Lemma positive_at_true : forall n S p, In p (filter (positive_at n) S) <-> In p S /\ 0 < fst p n.
Proof. intros n S p. rewrite filter_In. unfold positive_at. destruct (Rlt_dec 0 (fst p n)); intuition discriminate. Qed.

Lemma negative_at_true : forall n S p, In p (filter (negative_at n) S) <-> In p S /\ fst p n < 0.
Proof. intros n S p. rewrite filter_In. unfold negative_at. destruct (Rlt_dec (fst p n) 0); intuition discriminate. Qed.

Lemma zero_at_true : forall n S p, In p (filter (zero_at n) S) <-> In p S /\ fst p n = 0.
Proof. intros n S p. rewrite filter_In. unfold zero_at. destruct (Req_EM_T (fst p n) 0); intuition discriminate. Qed.

Lemma eliminate_cone : forall n S p, In p (eliminate n S) -> cone S (fst p) (snd p) /\ fst p n = 0.
Proof.
  intros n S p member. apply in_app_or in member. destruct member as [member | member].
  - apply zero_at_true in member. destruct member as [member zero]. split; [|exact zero].
    replace (snd p) with (1 * snd p + 0) by ring.
    apply (cone_add S p 1 (fun _ => 0) 0 (fst p) member); [lra | apply cone_zero; reflexivity | intros k; ring].
  - apply in_map_iff in member. destruct member as [[q r] [<- member]]. apply in_prod_iff in member.
    destruct member as [q_in r_in]. apply positive_at_true in q_in. apply negative_at_true in r_in.
    destruct q_in as [q_in q_pos]. destruct r_in as [r_in r_neg]. simpl. split; [|ring].
    apply (cone_add S q (- fst r n) (fun k => fst q n * fst r k) (fst q n * snd r) _ q_in); [lra | | intros k; reflexivity].
    replace (fst q n * snd r) with (fst q n * snd r + 0) by ring.
    apply (cone_add S r (fst q n) (fun _ => 0) 0 _ r_in); [lra | apply cone_zero; reflexivity | intros k; ring].
Qed.

Lemma eliminate_solution : forall n S x, (forall p, In p (eliminate n S) -> holds n x p) ->
  exists t, forall p, In p S -> holds (1 + n) (fun k => if Nat.eq_dec k n then t else x k) p.
Proof.
  intros n S x ok.
  set (value := fun p : inequality => (snd p - sum n (fun k => fst p k * x k)) / fst p n).
  destruct (between (map value (filter (negative_at n) S)) (map value (filter (positive_at n) S))) as [t [above below]].
  { intros l u l_in u_in. apply in_map_iff in l_in. apply in_map_iff in u_in.
    destruct l_in as [q [<- q_in]]. destruct u_in as [p [<- p_in]].
    assert (both : holds n x (combine n p q)).
    { apply ok. apply in_or_app. right. apply in_map_iff. exists (p, q). split; [reflexivity|].
      apply in_prod; assumption. }
    apply positive_at_true in p_in. apply negative_at_true in q_in. destruct p_in as [_ p_pos]. destruct q_in as [_ q_neg].
    unfold holds, combine in both. simpl in both.
    rewrite (sum_ext n _ (fun k => - fst q n * (fst p k * x k) + fst p n * (fst q k * x k))) in both by (intros; ring).
    rewrite sum_linear in both. unfold value.
    set (P := sum n (fun k => fst p k * x k)) in *. set (Q := sum n (fun k => fst q k * x k)) in *.
    apply Rmult_le_reg_r with (fst p n * - fst q n); [apply Rmult_lt_0_compat; lra|].
    replace ((snd q - Q) / fst q n * (fst p n * - fst q n)) with (- fst p n * (snd q - Q)) by (field; lra).
    replace ((snd p - P) / fst p n * (fst p n * - fst q n)) with (- fst q n * (snd p - P)) by (field; lra). lra. }
  exists t. intros p member. unfold holds. simpl.
  rewrite (sum_ext n _ (fun k => fst p k * x k)).
  2: { intros k lt. destruct (Nat.eq_dec k n); [lia | reflexivity]. }
  destruct (Nat.eq_dec n n) as [_ | no]; [|contradiction].
  set (P := sum n (fun k => fst p k * x k)).
  destruct (total_order_T (fst p n) 0) as [[neg | zero] | pos].
  - assert (bound : value p <= t).
    { apply above, in_map, negative_at_true. split; assumption. }
    unfold value in bound. fold P in bound.
    replace (snd p) with (P + fst p n * ((snd p - P) / fst p n)) by (field; lra).
    apply Rplus_le_compat_l. apply Rmult_le_compat_neg_l; lra.
  - rewrite zero, Rmult_0_l, Rplus_0_r. apply (ok p). apply in_or_app. left. apply zero_at_true. split; assumption.
  - assert (bound : t <= value p).
    { apply below, in_map, positive_at_true. split; [assumption | lra]. }
    unfold value in bound. fold P in bound.
    replace (snd p) with (P + fst p n * ((snd p - P) / fst p n)) by (field; lra).
    apply Rplus_le_compat_l. apply Rmult_le_compat_l; lra.
Qed.

Theorem farkas : forall (n : nat) (S : list inequality),
  (exists x, forall p, In p S -> holds n x p) \/
  (exists a b, cone S a b /\ (forall k, (k < n)%nat -> a k = 0) /\ b < 0).
Proof.
  induction n as [|n IH]; intros S.
  - destruct (Exists_dec (fun p : inequality => snd p < 0) S (fun p => Rlt_dec (snd p) 0)) as [bad | good].
    + right. apply Exists_exists in bad. destruct bad as [p [member neg]]. exists (fst p), (1 * snd p + 0). split; [|split].
      * apply (cone_add S p 1 (fun _ => 0) 0 (fst p) member); [lra | apply cone_zero; reflexivity | intros k; ring].
      * intros k lt. lia.
      * lra.
    + left. exists (fun _ => 0). intros p member. unfold holds. simpl. apply Rnot_lt_le. intro neg.
      apply good, Exists_exists. exists p. split; assumption.
  - destruct (IH (eliminate n S)) as [[x ok] | [a [b [inside [zero neg]]]]].
    + left. destruct (eliminate_solution n S x ok) as [t solved]. eexists. exact solved.
    + right. exists a, b. split; [|split; [|exact neg]].
      * apply (cone_trans S (eliminate n S)); [|exact inside]. intros p member. apply eliminate_cone in member. apply member.
      * intros k lt. destruct (Nat.eq_dec k n) as [-> | other]; [|apply zero; lia].
        apply (cone_coefficient (eliminate n S) n a b); [|exact inside].
        intros p member. apply eliminate_cone in member. apply member.
Qed.
